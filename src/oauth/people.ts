import type { Principal } from '../access/principal.ts'
import type { Transaction } from '../store/store.ts'

export interface Person {
  readonly type: 'Practitioner' | 'Patient' | 'RelatedPerson'
  readonly id: string
  readonly rid: bigint
}

/** What a doctor tells at registration. */
export interface Applicant {
  readonly given: string
  readonly family: string
  readonly email: string
  /** Number of the licence to practise, as the doctor writes it. */
  readonly licence: string
  readonly organization?: string | undefined
  readonly specialty?: string | undefined
}

/** Where the approval of a practitioner stands, for the page that tells him. */
export interface Approval {
  readonly state: 'pending' | 'information-requested' | 'rejected' | 'suspended' | 'accepted'
  /** What the administrator wrote to the doctor, if anything. */
  readonly note?: string
}

/** The few things that accounts need of the health records; made from interactions where the parts meet. */
export interface People {
  /** The address of an applicant is verified: makes the inactive Practitioner and the Task that asks for approval. */
  register(applicant: Applicant, tx: Transaction): Promise<Person>
  /** The very first administrator: an active Practitioner. */
  registerAdministrator(administrator: Pick<Applicant, 'given' | 'family' | 'email'>, tx: Transaction): Promise<Person>
  /** How a person is called and, where the record says so, when he was born (YYYY-MM-DD). Undefined: no such record. */
  describe(type: string, id: string): Promise<{ name: string; birthDate?: string } | undefined>
  /** Patients whom the principal may see, for the picker; 20 at most, all kinds of them for an empty text. */
  searchPatients(principal: Principal, text: string): Promise<{ id: string; name: string; birthDate?: string }[]>
  /** With a patient: and the record is about him. */
  mayRead(principal: Principal, type: string, id: string, patient?: bigint): Promise<boolean>
  approvalOf(practitionerId: string): Promise<Approval | undefined>
  /** What a pending doctor sends to prove his identity: a text, a file or both. */
  addEvidence(practitionerId: string, evidence: Evidence): Promise<void>
}

export interface Evidence {
  readonly note?: string
  readonly file?: { readonly name: string; readonly contentType: string; readonly bytes: Buffer }
}
