/**
 * An administrator invites a person whose record exists: a code to be typed, for one account, once.
 */
import { FhirError } from '../../fhir/error.ts'
import type { Transaction } from '../../store/store.ts'
import type { Person } from '../people.ts'
import { type Codes, lifetimes } from './codes.ts'

/**
 * Makes a code and ends the person's earlier ones. Throws FhirError('conflict') when the person can sign in already: whoever
 * holds a second code would take the account over.
 */
export function createIssueInvitation({ codes }: { codes: Codes }) {
  return async function issueInvitation(tx: Transaction, person: Person): Promise<{ code: string; expires: Date }> {
    const { type, id, rid } = person
    await tx.lock([`invitation ${type}/${id}`])
    const taken = await tx.query(
      `select from oauth_account where person_type = $1 and person_id = $2 and state <> 'unverified'`,
      [type, id],
    )
    if (taken.length > 0) throw new FhirError('conflict', `${type}/${id} has an account already.`)
    const code = codes.newTypedCode()
    await tx.query(
      `update oauth_code set used_at = now() where purpose = 'invite' and person_type = $1 and person_id = $2 and used_at is null`,
      [type, id],
    )
    const [row] = await tx.query<{ expires_at: Date }>(
      `insert into oauth_code (hash, purpose, person_type, person_id, person_rid, expires_at)
       values ($1, 'invite', $2, $3, $4, now() + $5::interval) returning expires_at`,
      [codes.hash('invite', code), type, id, rid, lifetimes.invite],
    )
    return { code, expires: row!.expires_at }
  }
}
