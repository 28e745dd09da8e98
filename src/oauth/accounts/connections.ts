/**
 * The apps that an account has connected: one row per launch that was allowed.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
 */
import type { Database } from './account.ts'

export interface Connection {
  readonly grant_id: string
  readonly account_id: string
  readonly client_id: string
  readonly scope: string
  readonly patient_id: string | null
  readonly created: Date
  readonly ends_at: Date
}

const columns = 'grant_id, account_id, client_id, scope, patient_id, created, ends_at'

export function connectionsOf(database: Database, accountId: string): Promise<Connection[]> {
  return database.query<Connection>(
    `select ${columns} from smart_grant where account_id = $1 and ends_at > now() order by created desc`,
    [accountId],
  )
}

export async function findConnection(database: Database, grantId: string): Promise<Connection | undefined> {
  const [row] = await database.query<Connection>(`select ${columns} from smart_grant where grant_id = $1`, [grantId])
  return row
}
