/**
 * A forgotten password: a single-use link by mail, never a password. Using it ends every session and every app's access.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
import type { Store } from '../../store/store.ts'
import { type Codes, lifetimes, type Refusal } from './codes.ts'
import type { Letters } from './letters.ts'
import type { Passwords } from './passwords.ts'
import { revokeAll } from './revocation.ts'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  passwords: Passwords
  codes: Codes
  letters: Letters
}

export function createRecovery({ store, passwords, codes, letters }: Parts) {
  return {
    /** Answers alike for every address. Who never confirmed the address gets that link again. */
    forgot(email: string): Promise<void> {
      const code = codes.newLinkCode()
      const values = [email, codes.hash('reset', code), codes.hash('verify', code), lifetimes.reset, lifetimes.verify]
      return store.transaction(async (tx) => {
        const [row] = await tx.query<{ email: string; state: string }>(forgotSql, values, 'forgot')
        if (row?.state === 'verified') await letters(tx).reset(row.email, code)
        if (row?.state === 'unverified') await letters(tx).verify(row.email, code)
      })
    },

    /** The address of the account whose link this is; nothing is used up. */
    async look(code: string): Promise<{ id: string; email: string } | Refusal> {
      const link = await codes.look(store, 'reset', code)
      if (typeof link === 'string') return link
      const [account] = await store.query<{ id: string; email: string }>(
        'select id, email from oauth_account where id = $1',
        [link.accountId],
      )
      return account ?? 'spent'
    },

    async reset(code: string, password: string): Promise<'done' | Refusal> {
      const hash = await passwords.hash(password)
      return store.transaction(async (tx) => {
        const link = await codes.redeem(tx, 'reset', code)
        if (typeof link === 'string') return link
        const [account] = await tx.query<{ email: string }>(
          `update oauth_account set password_hash = $2 where id = $1 and state = 'verified' returning email`,
          [link.accountId, hash],
        )
        if (!account) return 'spent'
        await tx.query(`delete from oauth_code where account_id = $1 and purpose = 'reset' and used_at is null`, [
          link.accountId,
        ])
        // Whoever had the old password may have asked for another address.
        await tx.query('delete from oauth_address_change where account_id = $1', [link.accountId])
        await revokeAll(tx, link.accountId!)
        await letters(tx).passwordChanged(account.email)
        return 'done'
      })
    },
  }
}

const forgotSql = `
with person as (
  select id, email, state from oauth_account where lower(email) = lower($1) and state in ('verified', 'unverified')
), link as (
  insert into oauth_code (hash, purpose, account_id, expires_at)
  select case state when 'verified' then $2::bytea else $3::bytea end,
         case state when 'verified' then 'reset' else 'verify' end, id,
         now() + case state when 'verified' then $4::interval else $5::interval end
  from person
)
select email, state from person`
