/**
 * Another mail address for an account: both addresses confirm, so that neither a stolen session nor a mistyped address takes
 * an account away. Whether the new address is somebody's already shows nowhere but in its own mailbox.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#change-user-registered-email-address
 */
import type { Store, Transaction } from '../../store/store.ts'
import type { Account } from './account.ts'
import { type Codes, lifetimes } from './codes.ts'
import type { Letters } from './letters.ts'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  codes: Codes
  letters: Letters
}

interface Row {
  account_id: string
  email: string
  old_confirmed: boolean
  new_confirmed: boolean
}

export type Confirmed =
  { readonly outcome: 'changed' | 'one-to-go'; readonly accountId: string } | { readonly outcome: 'spent' }

export type AddressChange = ReturnType<typeof createAddressChange>

export function createAddressChange({ store, codes, letters }: Parts) {
  const hash = (code: string) => codes.hash('address', code)

  /** The address may have become somebody's since it was asked for. */
  async function change(tx: Transaction, accountId: string, email: string): Promise<Confirmed> {
    await tx.query('delete from oauth_address_change where account_id = $1', [accountId])
    const [old] = await tx.query<{ email: string }>('select email from oauth_account where id = $1 for update', [
      accountId,
    ])
    const changed = await tx.query(
      `update oauth_account a set email = $2 where id = $1
         and not exists (select from oauth_account o where lower(o.email) = lower($2) and o.id <> $1) returning true`,
      [accountId, email],
    )
    if (changed.length === 0) return { outcome: 'spent' }
    // Links that lie in the old mailbox must not open the account.
    await tx.query(`delete from oauth_code where account_id = $1 and purpose = 'reset'`, [accountId])
    for (const address of [old!.email, email]) await letters(tx).addressChanged(address, email)
    return { outcome: 'changed', accountId }
  }

  return {
    ask(account: Account, email: string): Promise<void> {
      const [forOld, forNew] = [codes.newLinkCode(), codes.newLinkCode()]
      return store.transaction(async (tx) => {
        const values = [account.id, email, hash(forOld), hash(forNew), lifetimes.address]
        const [row] = await tx.query<{ taken: boolean }>(askSql, values)
        await letters(tx).leaveAddress(account.email, email, forOld)
        await (row!.taken ? letters(tx).addressTaken(email) : letters(tx).joinAddress(email, forNew))
      })
    },

    async pending(accountId: string): Promise<string | undefined> {
      const [row] = await store.query<{ email: string }>(
        'select email from oauth_address_change where account_id = $1 and expires_at > now()',
        [accountId],
      )
      return row?.email
    },

    async cancel(accountId: string): Promise<void> {
      await store.query('delete from oauth_address_change where account_id = $1', [accountId])
    },

    /** One of the two links was opened; the second one changes the address. */
    async confirm(code: string): Promise<Confirmed> {
      const confirmed = store.transaction<Confirmed>(async (tx) => {
        const [row] = await tx.query<Row>(
          `update oauth_address_change set old_confirmed = old_confirmed or old_hash = $1, new_confirmed = new_confirmed or new_hash = $1
           where (old_hash = $1 or new_hash = $1) and expires_at > now()
           returning account_id, email, old_confirmed, new_confirmed`,
          [hash(code)],
        )
        if (!row) return { outcome: 'spent' }
        if (row.old_confirmed && row.new_confirmed) return change(tx, row.account_id, row.email)
        return { outcome: 'one-to-go', accountId: row.account_id }
      })
      return confirmed.catch(async (error: unknown) => {
        if (!isTaken(error)) throw error
        // Somebody else took the address between our look and our write: the same as if he had been quicker by more.
        await store.query('delete from oauth_address_change where old_hash = $1 or new_hash = $1', [hash(code)])
        return { outcome: 'spent' } as const
      })
    },
  }
}

/** The unique index over addresses. https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isTaken(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string }
  return code === '23505'
}

const askSql = `
with change as (
  insert into oauth_address_change (account_id, email, old_hash, new_hash, expires_at)
  values ($1, $2, $3, $4, now() + $5::interval)
  on conflict (account_id) do update set email = excluded.email, old_hash = excluded.old_hash, new_hash = excluded.new_hash,
    old_confirmed = false, new_confirmed = false, expires_at = excluded.expires_at
)
select exists (select from oauth_account where lower(email) = lower($2)) as taken`
