/**
 * Removes what nobody can use any more. Everything expired is refused anyway: this is housekeeping, once an hour or so.
 */
import type { Database } from './accounts/account.ts'

const statements = [
  `delete from oidc_payload where expires_at < now()`,
  `delete from smart_grant where ends_at < now()`,
  `delete from oidc_payload p where p.model = 'Grant' and not exists (select from smart_grant g where g.grant_id = p.id)
     and (p.payload ->> 'iat')::bigint < extract(epoch from now()) - 3600`,
  `delete from smart_launch where expires_at < now()`,
  `delete from oauth_address_change where expires_at < now()`,
  `delete from oauth_sign_in where expires_at < now()`,
  `delete from oauth_session s where not exists (select from oidc_payload p where p.model = 'Session' and p.uid = s.uid)
     and s.last_used < now() - interval '1 hour'`,
  `delete from oauth_code where expires_at < now() - interval '7 days'`,
  `delete from oauth_account where state = 'unverified' and created < now() - interval '72 hours'`,
  `delete from oidc_payload where model = 'Client' and payload ->> 'approval' = 'waiting'
     and (payload ->> 'client_id_issued_at')::bigint < extract(epoch from now()) - 2592000`,
  `delete from oauth_throttle where resets_at < now() and blocked_until < now()`,
]

export async function sweep(database: Database): Promise<void> {
  for (const statement of statements) await database.query(statement)
}
