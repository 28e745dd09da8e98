/**
 * Ends everything that was signed in with an account: sessions, grants, tokens. Tokens die with their grant, at once.
 *
 * https://www.rfc-editor.org/rfc/rfc7009
 */
import type { Person } from '../people.ts'
import type { Database } from './account.ts'

/**
 * A request that is under way may store its session or its grant once more after this. Such rows stand for nothing: they are of
 * a sign-in that is not later than `signed_out_at`; one that begins later is dated later (see `Account.signInAt`).
 */
export async function revokeAll(database: Database, accountId: string): Promise<void> {
  await database.query(
    `with dated as (
       update oauth_account set signed_out_at = greatest(floor(extract(epoch from clock_timestamp())), signed_out_at + 1) where id = $1
     ), begun as (delete from oauth_sign_in where account_id = $1),
       ended as (delete from smart_grant where account_id = $1)
     delete from oidc_payload where account_id = $1`,
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

/**
 * A browser session that nothing used for so long is over. An access token lasts an hour and is renewed through the session or
 * its refresh token, so that who works with an app is never taken for somebody who has left.
 */
export const idleHours = 2
const idle = `s.last_used < now() - interval '${idleHours} hours'`

/** For a row `p` of a browser session. */
export const sessionStandsSql = `(not exists (select from oauth_session s where s.uid = p.uid and ${idle})
  and (select true from oauth_ended_session e where e.uid = p.uid) is null and not exists (
  select from oauth_account a where a.id = p.account_id and coalesce((p.payload ->> 'loginTs')::float8, 0) <= a.signed_out_at))`

/** The session that a grant `g` is tied to, if any, is in use. */
export const grantInUseSql = `not exists (select from oauth_session s where s.uid = g.session_uid and ${idle})`

/** For a grant `g` of an account `a`. A scalar subquery, because Postgres would rather hash all ended sessions for a `not exists`. */
export const grantStandsSql = `(g.ends_at > now() and g.signed_in_at > a.signed_out_at
  and (select true from oauth_ended_session e where e.uid = g.session_uid) is null)`

/**
 * What was granted in a browser session without `offline_access` ends with the session. That it ended is kept for longer than
 * any session lasts, for the sake of requests that are under way.
 */
export async function endSession(database: Database, sessionUid: string): Promise<void> {
  await database.query(
    `with itself as (
       insert into oauth_ended_session (uid, expires_at) values ($1, now() + interval '1 day') on conflict do nothing
     ), ended as (delete from smart_grant where session_uid = $1 returning grant_id)
     delete from oidc_payload p using ended e where p.grant_id = e.grant_id or (p.model = 'Grant' and p.id = e.grant_id)`,
    [sessionUid],
  )
}
