/**
 * The apps that an account has connected: one row per launch that was allowed.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
 */
import type { Database } from './account.ts'
import { grantStandsSql } from './revocation.ts'

export interface Connection {
  readonly grant_id: string
  readonly account_id: string
  readonly client_id: string
  readonly scope: string
  readonly patient_id: string | null
  readonly created: Date
  readonly ends_at: Date
  /** When it was given its latest token. */
  readonly last_used: Date
  readonly with_session: boolean
}

const columns = `g.grant_id, g.account_id, g.client_id, g.scope, g.patient_id, g.created, g.ends_at,
  g.session_uid is not null as with_session,
  greatest(g.created, (select to_timestamp(max((t.payload ->> 'iat')::bigint)) from oidc_payload t
    where t.grant_id = g.grant_id and t.model in ('AccessToken', 'RefreshToken'))) as last_used`

export function connectionsOf(database: Database, accountId: string): Promise<Connection[]> {
  return database.query<Connection>(
    `select ${columns} from smart_grant g join oauth_account a on a.id = g.account_id
     where g.account_id = $1 and ${grantStandsSql} order by g.created desc`,
    [accountId],
  )
}

export async function findConnection(database: Database, grantId: string): Promise<Connection | undefined> {
  const [row] = await database.query<Connection>(`select ${columns} from smart_grant g where g.grant_id = $1`, [
    grantId,
  ])
  return row
}
