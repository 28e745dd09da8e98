/**
 * Introspection authorised by a Bearer token: an administrator asks about any token, through an app that has all his rights, others about tokens of the same app and
 * person. (With client authentication the library answers.)
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { AuditTrail } from '../audit-trail.ts'
import type { LiveToken, Tokens } from '../principal.ts'
import { readText } from '../read-body.ts'
import { type Administrators, type Caller, credentialsOf } from './administrators.ts'
import { auditRefusals } from './audited.ts'
import { sendError } from './send-error.ts'

interface Parts {
  tokens: Pick<Tokens, 'find'>
  administrators: Administrators
  issuer: string
  audit: AuditTrail
}

export function introspectionEndpoint(router: Router, { tokens, administrators, issuer, audit }: Parts): void {
  const audited = auditRefusals(audit, 'introspect')

  router.post('/auth/token/introspection', async (ctx, next) => {
    return credentialsOf(ctx) === undefined ? next() : audited(ctx, () => introspect(ctx))
  })

  async function introspect(ctx: Context): Promise<void> {
    const caller = await administrators.identify(ctx)
    if (!caller) return
    if (!ctx.is('urlencoded')) return sendError(ctx, 400, 'invalid_request', 'Send application/x-www-form-urlencoded.')
    const [token, ...more] = new URLSearchParams(await readText(ctx.req)).getAll('token')
    if (!token || more.length > 0) return sendError(ctx, 400, 'invalid_request', 'Send one token.')
    const found = await tokens.find(token)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = found && mayKnow(caller, found) ? { ...description(found), iss: issuer } : { active: false }
  }
}

function mayKnow({ mayAdminister, principal }: Caller, { principal: owner }: LiveToken): boolean {
  return mayAdminister || (owner.clientId === principal.clientId && owner.accountId === principal.accountId)
}

function description({ model, payload, principal }: LiveToken): Record<string, unknown> {
  const { clientId, scope, iat, exp, aud, extra, jkt } = payload
  return {
    ...extra,
    active: true,
    client_id: clientId,
    scope,
    iat,
    exp,
    aud,
    ...(principal.accountId === undefined ? {} : { sub: principal.accountId }),
    ...(model === 'RefreshToken' ? {} : { token_type: jkt === undefined ? 'Bearer' : 'DPoP' }),
    ...(jkt === undefined ? {} : { cnf: { jkt } }),
  }
}
