/**
 * `/auth/connections`: the apps that a person has connected, and the way to disconnect one, with effect at once.
 *
 * https://www.rfc-editor.org/rfc/rfc7009
 */
import type Router from '@koa/router'
import type Provider from 'oidc-provider'
import type { Database } from '../accounts/account.ts'
import type { AuditTrail } from '../audit-trail.ts'
import type { SmartClient } from '../provider/clients.ts'
import { endGrant } from '../provider/adapter.ts'
import type { Administrators, Caller } from './administrators.ts'
import { sendError } from './send-error.ts'

interface Parts {
  provider: Provider
  database: Database
  administrators: Administrators
  audit: AuditTrail
}

interface Row {
  grant_id: string
  client_id: string
  scope: string
  patient_id: string | null
  created: Date
  ends_at: Date
}

export function connectionEndpoints(router: Router, { provider, database, administrators, audit }: Parts): void {
  async function nameOf(clientId: string): Promise<string> {
    const client = (await provider.Client.find(clientId)) as SmartClient | undefined
    return client?.clientName ?? clientId
  }

  router.get('/auth/connections', administrators.person, async (ctx) => {
    const { principal } = ctx.state.caller as Caller
    const rows = await database.query<Row>(
      `select grant_id, client_id, scope, patient_id, created, ends_at from smart_grant
       where account_id = $1 and ends_at > now() order by created desc`,
      [principal.accountId],
    )
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await Promise.all(
      rows.map(async (row) => ({
        id: row.grant_id,
        client_id: row.client_id,
        client_name: await nameOf(row.client_id),
        scope: row.scope,
        ...(row.patient_id === null ? {} : { patient: row.patient_id }),
        created: row.created.toISOString(),
        expires: row.ends_at.toISOString(),
      })),
    )
  })

  router.delete('/auth/connections/:id', administrators.person, async (ctx) => {
    const { principal } = ctx.state.caller as Caller
    const [own] = await database.query<{ client_id: string }>(
      'select client_id from smart_grant where grant_id = $1 and account_id = $2',
      [ctx.params.id, principal.accountId],
    )
    if (!own) return sendError(ctx, 404, 'invalid_request', 'You have no such connection.')
    await endGrant(database, ctx.params.id!)
    const account = { id: principal.accountId!, person: principal.person }
    await audit(ctx, { interaction: 'revoke-grant', outcome: 'success', status: 204, account, clientId: own.client_id })
    ctx.status = 204
  })
}
