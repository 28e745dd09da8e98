/**
 * Removes what nobody can use any more. Everything expired is refused anyway: this is housekeeping, once an hour, by one of
 * the server processes.
 */
import type { Store } from '../store/store.ts'
import { auditWithin } from './audit-trail.ts'

const statements = [
  `delete from smart_grant where ends_at < now()`,
  `delete from oidc_payload p where p.model = 'Grant' and not exists (select from smart_grant g where g.grant_id = p.id)
     and (p.payload ->> 'iat')::bigint < extract(epoch from now()) - 3600`,
  `delete from smart_launch where expires_at < now()`,
  `delete from oauth_address_change where expires_at < now()`,
  `delete from oauth_sign_in where expires_at < now()`,
  `delete from oauth_ended_session where expires_at < now()`,
  `delete from oauth_session s where not exists (select from oidc_payload p where p.model = 'Session' and p.uid = s.uid)
     and s.last_used < now() - interval '1 hour'`,
  `delete from oauth_code where expires_at < now() - interval '7 days'`,
  `delete from oauth_account where state = 'unverified' and created < now() - interval '72 hours'`,
  `delete from oauth_throttle where resets_at < now() and blocked_until < now()`,
]

/** Registrations that nobody looked at. Who was approved once and waits again keeps what people allowed him. */
const waiting = `with gone as (
  delete from oidc_payload where model = 'Client' and payload ->> 'approval' = 'waiting' and payload -> 'approved_at' is null
    and (payload ->> 'client_id_issued_at')::bigint < extract(epoch from now()) - 2592000 returning id
), theirs as (delete from oidc_payload p using gone where p.client_id = gone.id)
select id from gone`

/** A day's tokens of many backend services are too many for one statement. */
const expired = `with old as (
  delete from oidc_payload where (model, id) in (select model, id from oidc_payload where expires_at < now() limit $1) returning 1
) select count(*)::int as n from old`
const atOnce = 5_000

type Swept = Pick<Store, 'query' | 'transaction'>

/** `also`: what has to be opened to be judged. */
export async function sweep(database: Swept, also: () => Promise<void>): Promise<void> {
  let removed = atOnce
  while (removed === atOnce) [{ n: removed }] = (await database.query(expired, [atOnce])) as [{ n: number }]
  for (const statement of statements) await database.query(statement)
  await sweepRegistrations(database)
  await also()
}

async function sweepRegistrations(database: Swept): Promise<void> {
  await database.transaction(async (tx) => {
    for (const { id: client } of await tx.query<{ id: string }>(waiting)) {
      await auditWithin(tx, undefined, {
        ...{ interaction: 'client-expire', outcome: 'success', status: 204, detail: { client } },
      })
    }
  })
}

/** To be called more often than once an hour, by every process: who finds that it is time does it, and the others need not. */
export async function sweepWhenDue(database: Swept, also: () => Promise<void>): Promise<void> {
  const mine = await database.query(
    `insert into install as i (name, value) values ('oauth-swept', convert_to(extract(epoch from now())::text, 'UTF8'))
     on conflict (name) do update set value = excluded.value
     where convert_from(i.value, 'UTF8')::float8 < extract(epoch from now()) - 3600 returning true`,
  )
  if (mine.length > 0) await sweep(database, also)
}
