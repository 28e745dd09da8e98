/**
 * `/auth/connections`: the apps that a person has connected, and the way to disconnect one, with effect at once. An
 * administrator does the same for others, and ends everything that is signed in for a person.
 *
 * https://www.rfc-editor.org/rfc/rfc7009
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Database } from '../accounts/account.ts'
import { type Connection, connectionsOf, findConnection } from '../accounts/connections.ts'
import { revokeAll } from '../accounts/revocation.ts'
import type { AuditEvent, AuditTrail } from '../audit-trail.ts'
import { actorOf } from '../audit-trail.ts'
import { endGrant } from '../provider/adapter.ts'
import { nameOfClient } from '../provider/clients.ts'
import type { Administrators, Caller } from './administrators.ts'
import { auditRefusals } from './audited.ts'
import { sendError } from './send-error.ts'

interface Parts {
  provider: Provider
  database: Database
  administrators: Administrators
  audit: AuditTrail
}

export function connectionEndpoints(router: Router, { provider, database, administrators, audit }: Parts): void {
  const guards = [auditRefusals(audit, 'revoke-grant'), administrators.person] as const

  /** The caller's own account, or for an administrator the one of the person that is named; undefined: answered. */
  async function accountId(ctx: Context): Promise<string | undefined> {
    const { principal, mayAdminister } = ctx.state.caller as Caller
    const { person } = ctx.query
    if (person === undefined) return principal.accountId
    if (!mayAdminister) {
      sendError(ctx, 403, 'insufficient_scope', 'Only an administrator asks about others.')
      return undefined
    }
    const [, type, id] = /^([A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(String(person)) ?? []
    const [row] = await database.query<{ id: string }>(
      'select id from oauth_account where person_type = $1 and person_id = $2',
      [type ?? '', id ?? ''],
    )
    if (!row) sendError(ctx, 404, 'invalid_request', 'This person has no account.')
    return row?.id
  }

  const record = (ctx: Context, event: Pick<AuditEvent, 'interaction' | 'detail'>) =>
    audit(ctx, { ...event, outcome: 'success', status: 204, ...actorOf((ctx.state.caller as Caller).principal) })

  router.get('/auth/connections', ...guards, async (ctx) => {
    const id = await accountId(ctx)
    if (id === undefined) return undefined
    const all = await connectionsOf(database, id)
    const connections = all.filter((one) => concerns(ctx, one))
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await Promise.all(
      connections.map(async (one) => shown(one, await nameOfClient(provider, one.client_id))),
    )
  })

  router.delete('/auth/connections/:id', ...guards, async (ctx) => {
    const { principal, mayAdminister } = ctx.state.caller as Caller
    const found = await findConnection(database, ctx.params.id!)
    if (!found || (found.account_id !== principal.accountId && !mayAdminister) || !concerns(ctx, found)) {
      return sendError(ctx, 404, 'invalid_request', 'You have no such connection.')
    }
    await endGrant(database, ctx.params.id!)
    await record(ctx, {
      interaction: 'revoke-grant',
      detail: { client: found.client_id, of: found.account_id, grant: ctx.params.id },
    })
    ctx.status = 204
  })

  router.delete('/auth/connections', ...guards, async (ctx) => {
    if (ctx.query.person === undefined)
      return sendError(ctx, 400, 'invalid_request', 'Name the person: ?person=Type/id')
    const id = await accountId(ctx)
    if (id === undefined) return undefined
    await revokeAll(database, id)
    await record(ctx, { interaction: 'revoke-person', detail: { of: id, person: String(ctx.query.person) } })
    ctx.status = 204
  })
}

/** An app that was given little learns nothing of the person's other apps, and ends itself alone. */
function concerns(ctx: Context, { client_id: client }: Connection): boolean {
  const { principal, isTrusted } = ctx.state.caller as Caller
  return isTrusted || client === principal.clientId
}

function shown(connection: Connection, name: string): Record<string, unknown> {
  const { grant_id: id, client_id, scope, patient_id: patient, created, ends_at: ends, last_used: used } = connection
  return {
    ...{ id, client_id, client_name: name, scope },
    ...(patient === null ? {} : { patient }),
    created: created.toISOString(),
    last_used: used.toISOString(),
    expires: ends.toISOString(),
  }
}
