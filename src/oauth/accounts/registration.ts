/**
 * A doctor registers. Whether the address was known already shows neither in the answer nor in the work: one hash, one
 * statement, one mail. Nothing enters the health records before the address is verified.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#account-creation
 */
import { randomUUID } from 'node:crypto'
import type { Store } from '../../store/store.ts'
import { type Codes, lifetimes } from './codes.ts'
import type { Registration } from './fields.ts'
import type { Letters } from './letters.ts'
import type { Passwords } from './passwords.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  passwords: Passwords
  codes: Codes
  letters: Letters
}

export function createRegister({ store, passwords, codes, letters }: Parts) {
  return async function register({ email, password, ...told }: Registration): Promise<void> {
    const hash = await passwords.hash(password)
    const code = codes.newLinkCode()
    const applicant = JSON.stringify({ ...told, email })
    const values = [randomUUID(), email, hash, applicant, codes.hash('verify', code), lifetimes.verify]
    await store.transaction(async (tx) => {
      const [row] = await tx.query<{ fresh: boolean }>(text, values, 'register')
      await (row?.fresh ? letters(tx).verify(email, code) : letters(tx).alreadyRegistered(email))
    })
  }
}

/** Who registers again before he confirmed begins anew: the old password and the old link are gone. */
const text = `
with person as (
  insert into oauth_account as a (id, email, password_hash, state, roles, applicant)
  values ($1, $2, $3, 'unverified', '{practitioner}', $4::jsonb)
  on conflict (lower(email)) do update
    set email = excluded.email, password_hash = excluded.password_hash, applicant = excluded.applicant, created = now()
    where a.state = 'unverified' and a.person_id is null
  returning id
), old as (
  delete from oauth_code where purpose = 'verify' and account_id in (select id from person)
), link as (
  insert into oauth_code (hash, purpose, account_id, expires_at)
  select $5, 'verify', id, now() + $6::interval from person
)
select exists (select from person) as fresh`
