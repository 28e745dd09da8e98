/**
 * Ends everything that was signed in with an account: sessions, grants, tokens. Tokens die with their grant, at once.
 *
 * https://www.rfc-editor.org/rfc/rfc7009
 */
import type { Person } from '../people.ts'
import type { Database } from './account.ts'

export async function revokeAll(database: Database, accountId: string): Promise<void> {
  await database.query(
    `with ended as (delete from smart_grant where account_id = $1) delete from oidc_payload where account_id = $1`,
    [accountId],
  )
}

/** The same for whoever's account it is; nothing when the person has none. */
export async function revokeAllOf(database: Database, person: Pick<Person, 'type' | 'id'>): Promise<void> {
  const rows = await database.query<{ id: string }>(
    'select id from oauth_account where person_type = $1 and person_id = $2',
    [person.type, person.id],
  )
  for (const { id } of rows) await revokeAll(database, id)
}

/** What was granted in a browser session without `offline_access` ends with the session. */
export async function endSession(database: Database, sessionUid: string): Promise<void> {
  await database.query(
    `with ended as (delete from smart_grant where session_uid = $1 returning grant_id)
     delete from oidc_payload p using ended e where p.grant_id = e.grant_id or (p.model = 'Grant' and p.id = e.grant_id)`,
    [sessionUid],
  )
}
