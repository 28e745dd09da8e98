import { grantObligation } from '../../src/access/obligations.ts'
/**
 * In what a patient's record can stand to a doctor, and what he then sees of it: written by hand from the design (who treats,
 * who wrote, who was granted or refused what, and for how long), so that it can be checked by reading. No code of the server.
 */

/** `finds`: by search and by id; `reads`: by id alone; else it is not there. */
export type Sight = 'finds' | 'reads' | 'hidden'

/**
 * Each clinical type and the documents of a record have three rows. `one`: of 2024, by the colleague, of the visit; `two`: of
 * 2010, by somebody else, of no visit; `secret`: like `one`, with the label R.
 */
export type Variant = 'one' | 'two' | 'secret'

export interface Situation {
  readonly name: string
  /** What the patient says of his doctor. */
  readonly treatedBy?: 'doctor'
  /** A care team of which the doctor is a member. */
  readonly team?: 'active' | 'inactive'
  /** The RelatedPerson of the patient is one no more. */
  readonly kinOver?: boolean
  /** Within which time the RelatedPerson acts for the patient. */
  readonly kinPeriod?: { readonly start?: string; readonly end?: string }
  /** Who wrote the rows `one` and `secret`, if not the colleague. */
  readonly writtenBy?: 'doctor'
  readonly consents?: readonly { readonly status?: string; readonly provision: object }[]
  /** What people do with its first document: the colleague sends it, the doctor asks for it, the office allows it. */
  readonly act?: 'message' | 'request' | 'approval'
  readonly sees: Seen
}

/** What the doctor sees of the record; what is not named is hidden. */
export interface Seen {
  readonly patient?: Sight
  readonly clinical?: readonly Variant[]
  readonly documents?: readonly Variant[]
  /** CareTeam and RelatedPerson. */
  readonly relations?: boolean
  /** Single rows that are open beyond that, or closed in spite of it, as `Observation/one`. */
  readonly also?: readonly string[]
  readonly never?: readonly string[]
}

const doctor = 'Practitioner/doctor'
const to = (reference: string) => ({ reference })
const actor = (reference: string) => ({ actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: to(reference) }] })
const permit = (more: object = {}, who = doctor) => ({ provision: { type: 'permit', ...actor(who), ...more } })
const deny = (more: object = {}, who = doctor) => ({ provision: { type: 'deny', ...actor(who), ...more } })
const data = (meaning: string, name: string) => ({ data: [{ meaning, reference: to(name) }] })
const label = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code })
const over = { period: { end: '2021-01-01' } }

const nothing: Seen = {}
const treating: Seen = { patient: 'finds', clinical: ['one', 'two'], relations: true }
const whole: Seen = { ...treating, documents: ['one', 'two'] }
const oneDocument: Seen = { patient: 'reads', documents: ['one'] }

export const situations: readonly Situation[] = [
  { name: 'stranger', sees: nothing },

  // By relation, and by authorship.
  { name: 'gp', treatedBy: 'doctor', sees: treating },
  { name: 'team', team: 'active', sees: treating },
  // Who stood in a team sees that he did.
  { name: 'former-team', team: 'inactive', sees: { also: ['CareTeam/team'] } },
  { name: 'wrote', writtenBy: 'doctor', sees: { clinical: ['one', 'secret'], documents: ['one', 'secret'] } },

  // Granted: all of it, and parts of it.
  { name: 'granted', consents: [permit()], sees: whole },
  { name: 'granted-to-view', consents: [permit(obligation('view-only'))], sees: whole },
  { name: 'granted-to-organization', consents: [permit({}, 'Organization/ward')], sees: whole },
  { name: 'granted-to-role', consents: [permit({}, 'PractitionerRole/mine')], sees: whole },
  { name: 'granted-document', consents: [permit(data('instance', 'DocumentReference/one'))], sees: oneDocument },
  {
    name: 'granted-result',
    consents: [permit(data('instance', 'Observation/one'))],
    sees: { patient: 'reads', also: ['Observation/one'] },
  },
  {
    name: 'granted-secret',
    consents: [permit(data('instance', 'Observation/secret'))],
    sees: { patient: 'reads', also: ['Observation/secret'] },
  },
  {
    name: 'granted-labels',
    consents: [permit({ securityLabel: [label('N'), label('R')] })],
    sees: { ...whole, clinical: ['one', 'two', 'secret'], documents: ['one', 'two', 'secret'] },
  },
  {
    // What has no date of its own is of the day on which it was stored.
    name: 'granted-period',
    consents: [permit({ dataPeriod: { start: '2020-01-01' } })],
    sees: { patient: 'reads', clinical: ['one'], documents: ['one'], relations: true },
  },
  {
    name: 'granted-author',
    consents: [permit(data('authoredby', 'Practitioner/colleague'))],
    sees: { patient: 'reads', clinical: ['one'], documents: ['one'] },
  },
  {
    // An allergy is of no visit.
    name: 'granted-visit',
    consents: [permit(data('related', 'Encounter/one'))],
    sees: { patient: 'reads', clinical: ['one'], documents: ['one'], never: ['AllergyIntolerance/one'] },
  },

  // Granted, and yet not: too early, too late, taken back, to somebody else, for something else.
  { name: 'ended', consents: [permit(over)], sees: nothing },
  { name: 'not-begun', consents: [permit({ period: { start: '2090-01-01' } })], sees: nothing },
  { name: 'withdrawn', consents: [{ status: 'inactive', ...permit() }], sees: nothing },
  { name: 'proposed', consents: [{ status: 'proposed', ...permit() }], sees: nothing },
  { name: 'mistaken', consents: [{ status: 'entered-in-error', ...permit() }], sees: nothing },
  { name: 'granted-to-other', consents: [permit({}, 'Practitioner/other')], sees: nothing },
  { name: 'granted-research', consents: [permit({ purpose: [reason('HRESCH')] })], sees: nothing },
  // A kind of data that is not told apart here: it gives nothing, rather than all.
  { name: 'granted-class', consents: [permit({ class: [{ code: 'Observation' }] })], sees: nothing },

  // Refused: beats relation, grant and authorship.
  { name: 'denied', treatedBy: 'doctor', consents: [deny()], sees: nothing },
  { name: 'denied-everybody', treatedBy: 'doctor', consents: [{ provision: { type: 'deny' } }], sees: nothing },
  { name: 'denied-and-granted', consents: [permit(), deny()], sees: nothing },
  { name: 'denied-author', writtenBy: 'doctor', consents: [deny()], sees: nothing },
  { name: 'denied-organization', consents: [permit(), deny({}, 'Organization/ward')], sees: nothing },
  {
    name: 'denied-document',
    consents: [permit(), deny(data('instance', 'DocumentReference/one'))],
    sees: { ...whole, documents: ['two'] },
  },
  {
    name: 'denied-period',
    consents: [permit(), deny({ dataPeriod: { end: '2015-01-01' } })],
    sees: { ...whole, clinical: ['one'], documents: ['one'] },
  },
  { name: 'deny-ended', treatedBy: 'doctor', consents: [deny(over)], sees: treating },
  { name: 'deny-withdrawn', treatedBy: 'doctor', consents: [{ status: 'inactive', ...deny() }], sees: treating },
  { name: 'deny-of-other', treatedBy: 'doctor', consents: [deny({}, 'Practitioner/other')], sees: treating },

  // Exceptions inside of one Consent.
  {
    name: 'granted-but',
    consents: [permit({ provision: [{ type: 'deny', ...data('instance', 'Observation/one') }] })],
    sees: { ...whole, never: ['Observation/one'] },
  },
  {
    name: 'denied-but',
    consents: [deny({ provision: [{ type: 'permit', ...data('instance', 'DocumentReference/one') }] })],
    sees: { documents: ['one'] },
  },

  // For whoever treats the patient.
  { name: 'granted-to-treating', treatedBy: 'doctor', consents: [{ provision: { type: 'permit' } }], sees: whole },
  { name: 'granted-to-treating-stranger', consents: [{ provision: { type: 'permit' } }], sees: nothing },
  {
    name: 'treating-only-recent',
    treatedBy: 'doctor',
    consents: [{ provision: { type: 'permit', dataPeriod: { start: '2020-01-01' } } }],
    sees: { ...whole, clinical: ['one'], documents: ['one'] },
  },

  // Of who acts for the patient; doctors see no more of it.
  { name: 'kin-over', kinOver: true, sees: nothing },
  { name: 'kin-now', kinPeriod: { start: '2020-01-01', end: '2090-01-01' }, sees: nothing },
  { name: 'kin-ended', kinPeriod: { start: '2020-01-01', end: '2021-01-01' }, sees: nothing },
  { name: 'kin-not-begun', kinPeriod: { start: '2090-01-01' }, sees: nothing },
  { name: 'kin-denied', consents: [deny({}, 'RelatedPerson/kin')], sees: nothing },

  // By what people do.
  { name: 'message', act: 'message', sees: oneDocument },
  { name: 'requested', treatedBy: 'doctor', act: 'request', sees: treating },
  { name: 'approved', treatedBy: 'doctor', act: 'approval', sees: { ...treating, documents: ['one'] } },
]

function obligation(valueCode: string) {
  return { extension: [{ url: grantObligation, valueCode }] }
}

function reason(code: string) {
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }
}
