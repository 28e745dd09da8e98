/**
 * The way back for somebody whom nobody else can let in, such as a sole administrator who lost every factor: whoever may run
 * programs on the machine gets a link that sets a new password. From that moment on the link alone opens the account.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#accountrecovery
 */
import { randomBytes } from 'node:crypto'
import type { Store } from '../store/store.ts'
import { createCodes, lifetimes } from './accounts/codes.ts'
import { removeAllFactors } from './accounts/factor-rows.ts'
import { createLetters } from './accounts/letters.ts'
import { createPasswords } from './accounts/passwords.ts'
import { revokeAll } from './accounts/revocation.ts'
import { auditWithin } from './audit-trail.ts'
import type { Mail } from './mail.ts'
import { derivedSecret } from './signing-keys.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  masterKey: Buffer
  publicUrl: string
  mail: Mail
}

export async function createAccountReset({ store, masterKey, publicUrl, mail }: Parts) {
  const letters = createLetters({ mail, publicUrl })
  const passwords = await createPasswords()
  const codes = createCodes({ secret: derivedSecret(masterKey, 'codes') })

  /** Undefined: nobody with this address has an account that could sign in. */
  return async function resetAccount(email: string): Promise<{ link: string; email: string } | undefined> {
    const nobodyKnows = await passwords.hash(randomBytes(32).toString('base64url'))
    const code = codes.newLinkCode()
    return store.transaction(async (tx) => {
      const [account] = await tx.query<{ id: string; email: string }>(
        `update oauth_account set password_hash = $2 where lower(email) = lower($1) and state = 'verified' returning id, email`,
        [email, nobodyKnows],
      )
      if (!account) return undefined
      await removeAllFactors(tx, account.id)
      await revokeAll(tx, account.id)
      await tx.query('delete from oauth_address_change where account_id = $1', [account.id])
      await tx.query(`delete from oauth_code where account_id = $1 and purpose = 'reset' and used_at is null`, [
        account.id,
      ])
      await tx.query(
        `insert into oauth_code (hash, purpose, account_id, expires_at) values ($1, 'reset', $2, now() + $3::interval)`,
        [codes.hash('reset', code), account.id, lifetimes.reset],
      )
      await auditWithin(tx, undefined, {
        ...{ interaction: 'account-reset', outcome: 'success', status: 200, detail: { of: account.id } },
      })
      await letters(tx).accountReset(account.email)
      return { link: `${publicUrl}/reset?code=${code}`, email: account.email }
    })
  }
}
