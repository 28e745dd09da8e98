/**
 * `/auth/clients`: an administrator looks at the registered apps, approves one with the scopes that it may have, suspends it,
 * gives it a new secret, or removes it. All of it holds from the next request on.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#register-fhir-client
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Store, Transaction } from '../../store/store.ts'
import type { Database } from '../accounts/account.ts'
import type { AuditEventName } from '../audit-events.ts'
import { actorOf, type AuditTrail, auditWithin } from '../audit-trail.ts'
import {
  changeClient,
  type ClientMetadata,
  type ClientRow,
  findClient,
  listClients,
  positionOf,
  removeClient,
} from '../provider/client-rows.ts'
import { newSecret, usesSecret } from '../provider/client-secret.ts'
import type { Approval } from '../provider/clients.ts'
import { readDecision } from '../provider/client-decision.ts'
import type { GrantableScopes } from '../provider/grantable-scopes.ts'
import { parseObject, readText } from '../read-body.ts'
import type { Administrators, Caller } from './administrators.ts'
import { auditRefusals } from './audited.ts'
import { sendError } from './send-error.ts'

interface Parts {
  provider: Provider
  publicUrl: string
  store: Pick<Store, 'transaction'>
  database: Database
  administrators: Administrators
  grantableScopes: GrantableScopes
  audit: AuditTrail
}

interface Deed {
  readonly interaction: AuditEventName
  readonly client: string
  readonly scope?: string | undefined
  readonly status?: number
}

const decided: Readonly<Record<Approval, AuditEventName>> = {
  granted: 'client-approve',
  suspended: 'client-suspend',
  waiting: 'client-wait',
}

export function clientEndpoints(router: Router, parts: Parts): void {
  const { provider, publicUrl, store, database, administrators, grantableScopes, audit } = parts
  const guards = [auditRefusals(audit, 'client-refused'), administrators.administrator] as const

  /** In the transaction of the change, so that neither is there without the other. */
  const record = (tx: Transaction, ctx: Context, { interaction, client, scope, status = 200 }: Deed) => {
    const { principal } = ctx.state.caller as Caller
    const detail = { client, scope }
    return auditWithin(tx, ctx, { interaction, outcome: 'success', status, ...actorOf(principal), detail })
  }

  /** Nothing is decided about a version that the administrator has not seen. */
  async function change(
    ctx: Context,
    row: ClientRow,
    payload: ClientMetadata,
    deeds: readonly AuditEventName[],
  ): Promise<ClientRow | undefined> {
    try {
      await provider.Client.validate(payload as never)
    } catch (error) {
      if (!(error instanceof errors.InvalidClientMetadata)) throw error
      sendError(ctx, 400, error.message, error.error_description ?? 'The metadata do not hold.')
      return undefined
    }
    const { client_id: client = '', smart_scope: scope } = payload
    const changed = await store.transaction(async (tx) => {
      const found = await changeClient(tx, client, row.version, payload)
      if (found) for (const interaction of deeds) await record(tx, ctx, { interaction, client, scope })
      return found
    })
    if (!changed) sendError(ctx, 409, 'invalid_request', 'The client has changed meanwhile. Look at it again.')
    return changed
  }

  router.get('/auth/clients', ...guards, async (ctx) => {
    const { approval, after } = ctx.query
    const position = typeof after === 'string' ? positionOf(after) : null
    if (position === undefined) return sendError(ctx, 400, 'invalid_request', 'after is taken from a Link header.')
    const wanted = typeof approval === 'string' ? approval : null
    const { rows, next } = await listClients(database, { approval: wanted, after: position })
    ctx.set('Cache-Control', 'no-store')
    if (next !== undefined) {
      const query = new URLSearchParams({ ...(wanted === null ? {} : { approval: wanted }), after: next })
      ctx.set('Link', `<${publicUrl}/auth/clients?${query.toString()}>; rel="next"`)
    }
    ctx.body = rows.map(shown)
  })

  router.get('/auth/clients/:id', ...guards, async (ctx) => {
    const row = await findClient(database, ctx.params.id!)
    if (!row) return missing(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = shown(row)
  })

  router.patch('/auth/clients/:id', ...guards, async (ctx) => {
    const row = await findClient(database, ctx.params.id!)
    if (!row) return missing(ctx)
    const { version, payload } = readDecision(row.payload, parseObject(await readText(ctx.req)), grantableScopes)
    const { approval, smart_scope: scope } = payload
    const deeds = [
      ...(scope === row.payload.smart_scope ? [] : (['client-scope'] as const)),
      ...(approval === row.payload.approval ? [] : [decided[approval!]]),
    ]
    const changed = await change(ctx, { ...row, version: version ?? row.version }, payload, deeds)
    if (changed) ctx.body = shown(changed)
  })

  router.post('/auth/clients/:id/secret', ...guards, async (ctx) => {
    const row = await findClient(database, ctx.params.id!)
    if (!row) return missing(ctx)
    if (!usesSecret(row.payload)) return sendError(ctx, 400, 'invalid_request', 'This client has no secret.')
    const { secret, hashed } = newSecret()
    const changed = await change(ctx, row, { ...row.payload, client_secret: hashed }, ['client-secret'])
    if (!changed) return undefined
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { client_id: ctx.params.id, client_secret: secret, client_secret_expires_at: 0 }
  })

  router.delete('/auth/clients/:id', ...guards, async (ctx) => {
    if (!(await findClient(database, ctx.params.id!))) return missing(ctx)
    const client = ctx.params.id!
    await store.transaction(async (tx) => {
      await removeClient(tx, client)
      await record(tx, ctx, { interaction: 'client-delete', client, status: 204 })
    })
    ctx.status = 204
  })
}

function missing(ctx: Context): void {
  sendError(ctx, 404, 'invalid_request', 'There is no such client.')
}

/** Without scopes of its own an app may ask people for any; a backend service gets none. */
function mayAskPeople({ grant_types: grants }: ClientMetadata): boolean {
  return grants?.includes('authorization_code') ?? true
}

function shown({ payload, version }: ClientRow): Record<string, unknown> {
  const { client_secret: _secret, smart_scope: scope, smart_jwks_uri: uri, jwks, ...rest } = payload
  return {
    ...rest,
    ...(scope === undefined ? { any_scope: mayAskPeople(payload) } : { scope }),
    ...(uri === undefined ? { jwks } : { jwks_uri: uri }),
    version,
  }
}
