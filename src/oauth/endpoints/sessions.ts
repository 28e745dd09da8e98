/**
 * `/auth/sessions`: the browser sessions of a person, and the way to end one. For our own app alone: another one has no
 * business with where else somebody is signed in.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
 */
import type Router from '@koa/router'
import type { Middleware } from 'koa'
import type { Sessions } from '../accounts/sessions.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { houseClientId } from '../provider/clients.ts'
import type { Administrators, Caller } from './administrators.ts'
import { sendError } from './send-error.ts'

interface Parts {
  sessions: Sessions
  administrators: Administrators
  audit: AuditTrail
}

const houseOnly: Middleware = async function houseOnly(ctx, next) {
  const { principal } = ctx.state.caller as Caller
  if (principal.clientId === houseClientId) return next()
  return sendError(ctx, 403, 'insufficient_scope', 'Sessions are shown to the hospital’s own app alone.')
}

export function sessionEndpoints(router: Router, { sessions, administrators, audit }: Parts): void {
  router.get('/auth/sessions', administrators.person, houseOnly, async (ctx) => {
    const { principal } = ctx.state.caller as Caller
    const own = await sessions.list(principal.accountId!)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = own.map(({ id, began, ends, lastUsed, ip, agent }) => ({
      ...{ id, began: began.toISOString(), expires: ends.toISOString() },
      ...(lastUsed ? { last_used: lastUsed.toISOString(), ip, user_agent: agent } : {}),
    }))
  })

  router.delete('/auth/sessions/:id', administrators.person, houseOnly, async (ctx) => {
    const { principal } = ctx.state.caller as Caller
    const account = { id: principal.accountId!, person: principal.person }
    if (!(await sessions.end(account.id, ctx.params.id!)))
      return sendError(ctx, 404, 'invalid_request', 'You have no such session.')
    await audit(ctx, { interaction: 'session-end', outcome: 'success', status: 204, account })
    ctx.status = 204
  })
}
