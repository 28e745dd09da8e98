import type { Role } from '../access/principal.ts'
import type { Rid } from '../search/keys.ts'
import type { Transaction } from '../store/store.ts'

/** What the product needs of the accounts behind persons; the authorization server has it. All of it acts within `tx`. */
export interface Accounts {
  /**
   * Throws FhirError('conflict') when nobody but this practitioner is an active administrator; asked before he is
   * deactivated or deleted. Holds a lock, so that two administrators who remove each other at once do not leave none.
   */
  keepAnAdministrator(tx: Transaction, practitionerId: string): Promise<void>
  /** The ids of the Practitioners who are administrators and can sign in now. */
  activeAdministrators(tx: Transaction): Promise<readonly string[]>
  /** Whether the person can sign in. */
  hasAccount(tx: Transaction, person: AccountPerson): Promise<boolean>
  /** Ends sessions and tokens of whoever's account it is; nothing when there is none. */
  revokeAll(tx: Transaction, person: AccountPerson): Promise<void>
  /** A new single-use code, which replaces an earlier one. Throws FhirError('conflict') when the person has an account. */
  issueInvitation(tx: Transaction, person: AccountPerson & { readonly rid: Rid }): Promise<Invitation>
  /**
   * Says who the person is at the external provider; undefined: nobody any more. Ends all sessions and tokens. Throws
   * FhirError('unprocessable') without a provider or an account, FhirError('conflict') when the subject is another person's.
   */
  linkIdentity(tx: Transaction, person: AccountPerson, subject: string | undefined): Promise<void>
  /** Removes second factors and recovery codes with all sessions; answers how many factors there were. Undefined: no account. */
  resetSecondFactor(tx: Transaction, person: AccountPerson): Promise<number | undefined>
  /** Throws FhirError('unprocessable') for what is no role of staff, and when the Practitioner has no account. */
  setRoles(tx: Transaction, practitionerId: string, roles: readonly Role[]): Promise<void>
}

export interface AccountPerson {
  readonly type: 'Practitioner' | 'Patient' | 'RelatedPerson'
  readonly id: string
}

export interface Invitation {
  readonly code: string
  readonly expires: Date
}
