import type { Column } from '../../src/access/role-matrix.ts'
import type { RowRule } from '../../src/access/row-rules.ts'
import { anAccessEvent } from './resources.ts'

/** A resource that stands in the server before the matrix is tried, and the row rules that hold for it, per role. */
export interface Seed {
  readonly what: string
  readonly resource: { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown }
  readonly inside: Inside
  /** Those that hold for a read by id alone: a granted document tells whose it is, it does not list its patient. */
  readonly byId?: Inside
}

type Inside = Partial<Record<Column, readonly RowRule[]>>

/** Who stands behind each role. */
export const people = {
  admin: 'Practitioner/admin',
  'records-office': 'Practitioner/office',
  'privacy-officer': 'Practitioner/privacy',
  practitioner: 'Practitioner/doctor',
  patient: 'Patient/self',
  proxy: 'RelatedPerson/proxy',
} as const

const to = (reference: string) => ({ reference })
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
}
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] })

/** A word of every seed that can have a narrative. */
export const word = 'haystack'
const narrative = {
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${word}</div>` },
}

function seed(what: string, reference: string, elements: object, inside: Inside = {}): Seed {
  const [resourceType, id] = reference.split('/') as [string, string]
  return { what, resource: { resourceType, id, ...(resourceType === 'Binary' ? {} : narrative), ...elements }, inside }
}

const practitioners = ['admin', 'office', 'privacy', 'doctor', 'colleague', 'gp'].map((id) =>
  seed(
    id === 'doctor' ? 'the doctor himself' : `the practitioner ${id}`,
    `Practitioner/${id}`,
    { active: true, name: [{ family: id }] },
    id === 'doctor' ? { practitioner: ['self'] } : {},
  ),
)

const byDoctor = to('Practitioner/doctor')
const byColleague = to('Practitioner/colleague')
const charted: Inside = { practitioner: ['charted'] }
const treated: Inside = { practitioner: ['treated'] }

const patients = [
  seed('a patient whose general practitioner he is', 'Patient/treated', { generalPractitioner: [byDoctor] }, treated),
  seed('a patient in whose active care team he is', 'Patient/teamed', {}, treated),
  seed('a patient whose care team is over', 'Patient/lapsed', {}),
  seed('a patient whose whole record was granted', 'Patient/shared', {}, treated),
  { ...seed('a patient of whom a document was granted', 'Patient/single', {}), byId: treated },
  seed('a patient whose grant has ended', 'Patient/expired', {}),
  seed('a patient who refused him', 'Patient/refused', { generalPractitioner: [byDoctor] }),
  seed(
    'the patient himself',
    'Patient/self',
    { generalPractitioner: [to('Practitioner/gp')] },
    { patient: ['own'], proxy: ['proxied'] },
  ),
  seed('a stranger', 'Patient/stranger', {}),
]

const team = (patient: string, status: string, member: string) => ({
  status,
  subject: to(patient),
  participant: [{ member: to(member) }],
})
const relations = [
  seed('his active team', 'CareTeam/active', team('Patient/teamed', 'active', 'Practitioner/doctor'), {
    practitioner: ['charted'],
  }),
  seed('his former team', 'CareTeam/former', team('Patient/lapsed', 'inactive', 'Practitioner/doctor'), {
    practitioner: ['charted'],
  }),
  seed('the own team', 'CareTeam/own', team('Patient/self', 'active', 'Practitioner/gp'), {
    patient: ['own'],
    proxy: ['proxied'],
  }),
  seed("a stranger's team", 'CareTeam/strange', team('Patient/stranger', 'active', 'Practitioner/gp')),
  seed(
    'the proxy',
    'RelatedPerson/proxy',
    { active: true, patient: to('Patient/self'), period: { start: '2020-01-01' } },
    { patient: ['own'], proxy: ['proxied'] },
  ),
  seed("a stranger's relative", 'RelatedPerson/strange', { active: true, patient: to('Patient/stranger') }),
]

const granted = (patient: string, period: object, provision: object = {}) => ({
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [loinc('59284-0')],
  patient: to(patient),
  performer: [to(patient)],
  policyRule: { text: 'as agreed' },
  provision: {
    type: 'permit',
    actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: byDoctor }],
    period,
    ...provision,
  },
})
const now = { start: '2020-01-01' }
const party: Inside = { practitioner: ['party'] }
const consents = [
  seed('a grant of a whole record to him', 'Consent/shared', granted('Patient/shared', now), party),
  seed('a grant that has ended', 'Consent/expired', granted('Patient/expired', { end: '2021-01-01' }), party),
  seed('a refusal of him', 'Consent/refused', granted('Patient/refused', now, { type: 'deny' }), party),
  seed(
    'a grant of one document to him',
    'Consent/single',
    granted('Patient/single', now, {
      data: [{ meaning: 'instance', reference: to('DocumentReference/granted') }],
    }),
    party,
  ),
  seed(
    'the own grant to a colleague',
    'Consent/own',
    granted('Patient/self', now, { actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: byColleague }] }),
    { patient: ['own'] },
  ),
]

const visit = (patient: string) => ({ status: 'finished', class: { code: 'AMB' }, subject: to(patient) })
const encounters = [
  seed('of his patient', 'Encounter/treated', visit('Patient/treated'), charted),
  seed('restricted, of his patient', 'Encounter/restricted', { ...visit('Patient/treated'), ...restricted }),
  seed('of the patient himself', 'Encounter/self', visit('Patient/self'), { patient: ['own'], proxy: ['proxied'] }),
  seed('of a stranger', 'Encounter/strange', visit('Patient/stranger')),
]

const result = (patient: string, more: object = {}) => ({
  status: 'final',
  code: loinc('8867-4'),
  subject: to(patient),
  performer: [byColleague],
  ...more,
})
const attended = { encounter: to('Encounter/treated') }
const observations = [
  seed('of his patient', 'Observation/treated', result('Patient/treated', attended), charted),
  seed(
    'restricted, of his patient',
    'Observation/restricted',
    result('Patient/treated', { ...attended, ...restricted }),
  ),
  seed("of his team's patient", 'Observation/teamed', result('Patient/teamed'), charted),
  seed("of his former team's patient", 'Observation/lapsed', result('Patient/lapsed')),
  seed('of a granted record', 'Observation/shared', result('Patient/shared'), charted),
  seed('restricted, of a granted record', 'Observation/shared-restricted', result('Patient/shared', restricted)),
  seed('of a record whose grant has ended', 'Observation/expired', result('Patient/expired')),
  seed('of a patient who refused him', 'Observation/refused', result('Patient/refused', { performer: [byDoctor] })),
  seed('that he made of a stranger', 'Observation/made', result('Patient/stranger', { performer: [byDoctor] }), {
    practitioner: ['charted', 'authored'],
  }),
  seed('of the patient himself', 'Observation/self', result('Patient/self'), { patient: ['own'], proxy: ['proxied'] }),
  seed('restricted, of the patient himself', 'Observation/self-restricted', result('Patient/self', restricted), {
    patient: ['own'],
  }),
  seed(
    'that the patient made of a stranger',
    'Observation/performed',
    result('Patient/stranger', { performer: [to('Patient/self')] }),
  ),
  seed('of a stranger', 'Observation/strange', result('Patient/stranger')),
]

const documents = [
  document('that he wrote of a stranger', 'written', 'Patient/stranger', { author: [byDoctor] }, 'wrote'),
  document('that he wrote of his patient', 'letter', 'Patient/treated', { author: [byDoctor] }, 'wrote'),
  document('that was granted to him', 'granted', 'Patient/single', {}, 'reads'),
  document('of a granted record', 'shared', 'Patient/shared', {}, 'reads'),
  document('of his patient, by a colleague', 'treated', 'Patient/treated', {}),
  document('that he wrote of a patient who refused him', 'refused', 'Patient/refused', { author: [byDoctor] }),
  document('of the patient himself', 'self', 'Patient/self', {}, 'own'),
  document('restricted, of the patient himself', 'self-restricted', 'Patient/self', restricted, 'own restricted'),
  document('of a stranger', 'strange', 'Patient/stranger', {}),
]

type Standing = 'wrote' | 'reads' | 'own' | 'own restricted'

/** A document with its bytes, which stand to a person as the document does. */
function document(what: string, id: string, patient: string, more: object, standing?: Standing): [Seed, Seed] {
  const inside: Record<Standing, [Inside, Inside]> = {
    wrote: [{ practitioner: ['documented', 'authored'] }, { practitioner: ['documentedContent', 'authoredContent'] }],
    reads: [{ practitioner: ['documented'] }, { practitioner: ['documentedContent'] }],
    own: [
      { patient: ['own'], proxy: ['proxied'] },
      { patient: ['ownContent'], proxy: ['proxiedContent'] },
    ],
    'own restricted': [{ patient: ['own'] }, { patient: ['ownContent'] }],
  }
  const [ofDocument, ofBytes] = standing ? inside[standing] : [{}, {}]
  const office: Inside =
    'meta' in more
      ? {}
      : {
          admin: ['unrestrictedContent'],
          'records-office': ['unrestrictedContent'],
          system: ['unrestrictedContent'],
        }
  const content = [{ attachment: { contentType: 'text/plain', url: `Binary/${id}` } }]
  const elements = { status: 'current', subject: to(patient), author: [byColleague], content, ...more }
  return [
    seed(what, `DocumentReference/${id}`, elements, ofDocument),
    seed(
      `of the document ${what}`,
      `Binary/${id}`,
      { contentType: 'text/plain', data: 'aGVsbG8=' },
      { ...office, ...ofBytes },
    ),
  ]
}

const mail = (sender: string, recipient: string, status = 'in-progress') => ({
  status,
  sender: to(sender),
  recipient: [to(recipient)],
  payload: [{ contentString: 'hello' }],
})
const messages = [
  seed('that he sent', 'Communication/sent', mail('Practitioner/doctor', 'Practitioner/colleague'), {
    practitioner: ['sent', 'mailbox'],
  }),
  seed('that he received', 'Communication/received', mail('Practitioner/colleague', 'Practitioner/doctor'), {
    practitioner: ['mailbox'],
  }),
  seed(
    'that a colleague drafts to him',
    'Communication/draft',
    mail('Practitioner/colleague', 'Practitioner/doctor', 'preparation'),
  ),
  seed('to the patient', 'Communication/to-patient', mail('Practitioner/colleague', 'Patient/self'), {
    patient: ['mailbox'],
  }),
  seed('from the patient', 'Communication/from-patient', mail('Patient/self', 'Practitioner/colleague'), {
    patient: ['sent', 'mailbox'],
  }),
  seed('to the administrator', 'Communication/to-admin', mail('Practitioner/colleague', 'Practitioner/admin'), {
    admin: ['mailbox'],
  }),
  seed('between others', 'Communication/strange', mail('Practitioner/colleague', 'Practitioner/gp')),
]

const request = (requester: string, owner: string) => ({
  status: 'requested',
  intent: 'proposal',
  code: { coding: [{ code: 'access-request' }] },
  requester: to(requester),
  owner: to(owner),
})
const tasks = [
  seed('that he requested', 'Task/requested', request('Practitioner/doctor', 'Practitioner/office'), {
    practitioner: ['requestedOrOwned'],
  }),
  seed('that the patient is to decide', 'Task/owned', request('Practitioner/colleague', 'Patient/self'), {
    patient: ['ownedTask'],
  }),
  seed(
    'the question of the patient',
    'Task/question',
    { ...request('Patient/self', 'Practitioner/office'), code: { coding: [{ code: 'access-query' }] } },
    { 'privacy-officer': ['accessQuery'], patient: ['asked'] },
  ),
  seed(
    'by which his request is routed, and not for him to see',
    'Task/routed',
    {
      ...request('Practitioner/doctor', 'Patient/self'),
      requester: undefined,
      basedOn: [to('Task/requested')],
      for: to('Patient/self'),
      restriction: { recipient: [byDoctor] },
    },
    { patient: ['ownedTask'] },
  ),
  seed('between others', 'Task/strange', request('Practitioner/colleague', 'Practitioner/office')),
]

const events = [
  seed('of what he did', 'AuditEvent/done', anAccessEvent('Practitioner/doctor', 'Patient/stranger'), {
    practitioner: ['actions'],
  }),
  seed('about the patient', 'AuditEvent/about', anAccessEvent('Practitioner/colleague', 'Patient/self'), {
    patient: ['about'],
    proxy: ['proxied'],
  }),
  seed('of others', 'AuditEvent/strange', anAccessEvent('Practitioner/colleague', 'Patient/stranger')),
]

const origin = (target: string) => ({
  target: [to(target)],
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: byColleague }],
})
const provenances = [
  seed('of what he may read', 'Provenance/treated', origin('Observation/treated'), { practitioner: ['targeted'] }),
  seed('of a document that he wrote', 'Provenance/written', origin('DocumentReference/written'), {
    practitioner: ['targeted'],
  }),
  seed("of the patient's own", 'Provenance/self', origin('Observation/self'), { patient: ['targeted'] }),
  seed("of a stranger's", 'Provenance/strange', origin('Observation/strange')),
]

const others = [
  seed('a role of a colleague', 'PractitionerRole/colleague', { practitioner: byColleague }),
  seed('a hospital', 'Organization/hospital', { name: 'Hospital' }),
  seed('a device', 'Device/pump', { status: 'active' }),
  seed('a value set', 'ValueSet/colours', {
    url: 'urn:some-colours',
    status: 'active',
    compose: { include: [{ system: 'urn:colours' }] },
  }),
  seed('a code system', 'CodeSystem/colours', {
    ...{ url: 'urn:colours', status: 'active', content: 'complete' },
    concept: [{ code: 'red' }],
  }),
]

const meeting = (...patients: string[]) => ({
  status: 'booked',
  start: '2026-01-01T09:00:00Z',
  end: '2026-01-01T09:30:00Z',
  participant: [...patients, 'Practitioner/colleague'].map((actor) => ({ actor: to(actor), status: 'accepted' })),
})
const appointments = [
  seed('of his patient', 'Appointment/treated', meeting('Patient/treated'), charted),
  seed('of his patient together with a stranger', 'Appointment/family', meeting('Patient/treated', 'Patient/stranger')),
  seed('of the patient alone', 'Appointment/self', meeting('Patient/self'), { patient: ['own'], proxy: ['proxied'] }),
  seed('of the patient together with a stranger', 'Appointment/group', meeting('Patient/self', 'Patient/stranger')),
]

const everything = [
  ...[...practitioners, ...patients, ...relations, ...others, ...encounters, ...observations, ...appointments],
  ...documents.flatMap(([ofDocument, ofBytes]) => [ofBytes, ofDocument]),
  ...[...consents, ...messages, ...tasks, ...events, ...provenances],
]

/** A doctor's own List, which names everything that there is. */
export const worklist = seed(
  'the list that the doctor keeps',
  'List/worklist',
  {
    status: 'current',
    mode: 'working',
    source: byDoctor,
    entry: everything.map(({ resource }) => ({ item: to(`${resource.resourceType}/${resource.id}`) })),
  },
  { practitioner: ['charted', 'authored'] },
)

/** In an order in which what is referred to is there first. */
export const seeds: readonly Seed[] = [...everything, worklist]

/** The patient whose record the resource belongs to by its `subject` or `patient`. */
export function patientOf(resource: Seed['resource']): string | undefined {
  const { reference } = (resource['subject'] ?? resource['patient'] ?? {}) as { reference?: string }
  return reference?.startsWith('Patient/') ? reference : undefined
}

export function seedOf(reference: string): Seed {
  return seeds.find(({ resource: { resourceType, id } }) => `${resourceType}/${id}` === reference)!
}

export function isFirstOfType(seed: Seed): boolean {
  return seed === seeds.find(({ resource }) => resource.resourceType === seed.resource.resourceType)
}
