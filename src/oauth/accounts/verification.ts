/**
 * The link in the mail is used: the address is the person's own. A registered doctor becomes a pending Practitioner in the
 * same transaction; an invited person can sign in from here on.
 */
import type { Store } from '../../store/store.ts'
import type { Applicant, People } from '../people.ts'
import type { Codes, Refusal } from './codes.ts'
import type { Letters } from './letters.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  codes: Codes
  letters: Letters
  people: Pick<People, 'register'>
}

interface Row {
  id: string
  email: string
  applicant: Applicant | null
}

export interface Verified {
  readonly outcome: 'awaiting-approval' | 'may-sign-in'
  readonly accountId: string
}

export function createVerify({ store, codes, letters, people }: Parts) {
  return function verify(code: string): Promise<Verified | Refusal> {
    return store.transaction(async (tx) => {
      const used = await codes.redeem(tx, 'verify', code)
      if (typeof used === 'string') return used
      const [account] = await tx.query<Row>(
        `select id, email, applicant from oauth_account where id = $1 and state = 'unverified' for update`,
        [used.accountId],
      )
      if (!account) return 'spent'
      if (!account.applicant) {
        await tx.query(`update oauth_account set state = 'verified' where id = $1`, [account.id])
        return { outcome: 'may-sign-in', accountId: account.id }
      }
      const { type, id, rid } = await people.register({ ...account.applicant, email: account.email }, tx)
      await tx.query(
        `update oauth_account set state = 'verified', applicant = null, person_type = $2, person_id = $3, person_rid = $4 where id = $1`,
        [account.id, type, id, rid],
      )
      await letters(tx).received(account.email)
      return { outcome: 'awaiting-approval', accountId: account.id }
    })
  }
}
