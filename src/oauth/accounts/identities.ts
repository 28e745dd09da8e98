/**
 * Which account a person of an external provider has here: linked by an administrator, or at the first sign-in by an address
 * that both sides have verified. One person of a provider has one account, and an account one person of a provider.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability ("iss" and "sub" alone identify)
 */
import { FhirError } from '../../fhir/error.ts'
import type { Store, Transaction } from '../../store/store.ts'
import type { Person } from '../people.ts'
import type { Account, AccountRows } from './account.ts'
import type { ExternalPerson } from './external-provider.ts'
import type { Letters } from './letters.ts'
import { revokeAll } from './revocation.ts'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  accounts: AccountRows
  letters: Letters
  name: string
}

export type Identities = ReturnType<typeof createIdentities>

export function createIdentities({ store, accounts, letters, name }: Parts) {
  async function linkByAddress({ issuer, subject, email }: ExternalPerson): Promise<string | undefined> {
    if (email === undefined) return undefined
    return store.transaction(async (tx) => {
      const [row] = await tx.query<{ account_id: string }>(
        `insert into oauth_identity (issuer, subject, account_id)
       select $1, $2, id from oauth_account where lower(email) = lower($3) and state = 'verified' and link_by_address
       for share
       on conflict do nothing returning account_id`,
        [issuer, subject, email],
      )
      if (row) await letters(tx).identityLinked(email, name)
      return row?.account_id
    })
  }

  return {
    /** Undefined: nobody here is known to be that person. */
    async accountOf(person: ExternalPerson): Promise<Account | undefined> {
      const [row] = await store.query<{ account_id: string }>(
        'select account_id from oauth_identity where issuer = $1 and subject = $2',
        [person.issuer, person.subject],
        'identity',
      )
      const id = row?.account_id ?? (await linkByAddress(person))
      const account = id === undefined ? undefined : await accounts.byId(store, id)
      return account?.state === 'verified' ? account : undefined
    },
  }
}

/** For an administrator: who somebody is at the provider, in place of what was known before; undefined takes it away. */
export function createLinkIdentity({ issuer }: { issuer: string | undefined }) {
  return async function linkIdentity(
    tx: Transaction,
    person: Pick<Person, 'type' | 'id'>,
    subject: string | undefined,
  ): Promise<void> {
    if (issuer === undefined) throw new FhirError('unprocessable', 'This server knows no external sign-in.')
    const [account] = await tx.query<{ id: string }>(
      `select id from oauth_account where person_type = $1 and person_id = $2 and state <> 'unverified' for update`,
      [person.type, person.id],
    )
    if (!account) throw new FhirError('unprocessable', `${person.type}/${person.id} has no account yet.`)
    await tx.query('delete from oauth_identity where account_id = $1 and issuer = $2', [account.id, issuer])
    // What was taken away does not come back by the address.
    await tx.query('update oauth_account set link_by_address = $2 where id = $1', [account.id, subject !== undefined])
    // Whoever signed in as the person of before must not stay.
    await revokeAll(tx, account.id)
    if (subject === undefined) return
    const linked = await tx.query(
      `insert into oauth_identity (issuer, subject, account_id) values ($1, $2, $3) on conflict do nothing returning true`,
      [issuer, subject, account.id],
    )
    if (linked.length === 0) throw new FhirError('conflict', 'This subject belongs to another account.')
  }
}
