/**
 * EHR launch: a handle that stands for the context in which an app is started, once, by one person, within five minutes.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
 */
import { randomBytes } from 'node:crypto'
import type { Database } from '../accounts/account.ts'
import type { Grants, LaunchContext } from './grants.ts'
import { hashToken } from './adapter.ts'

export interface NewLaunch {
  readonly accountId: string
  readonly clientId: string
  readonly patientId: string
  readonly extra: Readonly<Record<string, unknown>>
}

export type Launches = ReturnType<typeof createLaunches>

export function createLaunches(parts: { database: Database; grants: Grants; patientRid: (id: string) => bigint }) {
  const { database, grants, patientRid } = parts
  const hash = (handle: string) => Buffer.from(hashToken(handle), 'base64url')

  return {
    async make({ accountId, clientId, patientId, extra }: NewLaunch): Promise<string> {
      const handle = randomBytes(32).toString('base64url')
      await database.query(
        `insert into smart_launch (hash, account_id, client_id, patient_id, extra, expires_at)
         values ($1, $2, $3, $4, $5::jsonb, now() + interval '5 minutes')`,
        [hash(handle), accountId, clientId, patientId, JSON.stringify(extra)],
      )
      return handle
    },

    async isOpen(handle: string, clientId: string): Promise<boolean> {
      const rows = await database.query(
        'select from smart_launch where hash = $1 and client_id = $2 and used_at is null and expires_at > now()',
        [hash(handle), clientId],
      )
      return rows.length > 0
    },

    use: (handle: string, accountId: string, clientId: string): Promise<LaunchContext | undefined> =>
      grants.useLaunch(hash(handle), accountId, clientId, patientRid),
  }
}
