/**
 * Another password for who is signed in and knows the present one. Guessing that one is slowed down for the account.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#change-password-feature
 */
import type { Store } from '../../store/store.ts'
import type { Account } from './account.ts'
import type { Letters } from './letters.ts'
import type { Passwords } from './passwords.ts'
import type { Throttle } from './throttle.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  passwords: Passwords
  letters: Letters
  throttle: Throttle
}

export type PasswordChanged =
  { readonly outcome: 'done' | 'wrong' } | { readonly outcome: 'wait'; readonly seconds: number }

const perAccount = { free: 5, longest: 300 }

export type PasswordChange = ReturnType<typeof createPasswordChange>

export function createPasswordChange({ store, passwords, letters, throttle }: Parts) {
  return async function changePassword(account: Account, present: string, next: string): Promise<PasswordChanged> {
    const key = ['present password', account.id]
    const verdict = await throttle.attempt(key, perAccount)
    if (!verdict.admitted) return { outcome: 'wait', seconds: verdict.seconds }
    if (!(await passwords.matches(account.passwordHash, present))) return { outcome: 'wrong' }
    await throttle.forget(key)
    const hash = await passwords.hash(next)
    return store.transaction(async (tx) => {
      const changed = await tx.query(
        `update oauth_account set password_hash = $3 where id = $1 and password_hash = $2 returning true`,
        [account.id, account.passwordHash, hash],
      )
      // Somebody else was quicker, and what was typed is no longer the present one.
      if (changed.length === 0) return { outcome: 'wrong' }
      // Whoever had the old password may have asked for another address, or for a link.
      await tx.query('delete from oauth_address_change where account_id = $1', [account.id])
      await tx.query(`delete from oauth_code where account_id = $1 and purpose = 'reset' and used_at is null`, [
        account.id,
      ])
      await tx.query('delete from oauth_sign_in where account_id = $1', [account.id])
      await letters(tx).ownPasswordChanged(account.email)
      return { outcome: 'done' }
    })
  }
}
