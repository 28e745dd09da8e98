import type { Resource } from '../../../src/fhir/resource.ts'
import { keys } from './build-access.ts'
import type { Grant } from './world.ts'

type Elements = Readonly<Record<string, unknown>>

const one = (name: string, elements: Elements = {}): Resource => {
  const [resourceType, id] = name.split('/') as [string, string]
  return { resourceType, id, ...elements }
}
const to = (reference: string) => ({ reference })
const of = (patient: string) => ({ subject: to(`Patient/${patient}`) })
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const restricted = { meta: { security: [{ system: confidentiality, code: 'R' }] } }

const me = 'Practitioner/me'
const colleague = 'Practitioner/colleague'
const mine = { generalPractitioner: [to(me)] }

/** Patients, by what they are to the doctor `me`; `me` among them is the patient who asks. */
const patients: Readonly<Record<string, Elements>> = {
  stranger: {},
  me: {},
  treated: mine,
  // A Patient that is labelled itself, as one of a protected address.
  secluded: { ...mine, ...restricted },
  teamed: {},
  lapsed: {},
  shared: {},
  joined: {},
  lettered: {},
  parted: {},
  timed: {},
  refused: mine,
  barred: mine,
  closed: mine,
  limited: mine,
  ruled: mine,
  opened: mine,
  partly: mine,
  unrelated: {},
}

export const grants: readonly Grant[] = [
  { patient: 'Patient/shared', to: me, effect: 'permit' },
  { patient: 'Patient/joined', to: 'Organization/clinic', effect: 'permit' },
  { patient: 'Patient/lettered', to: me, effect: 'permit', only: 'DocumentReference/lettered' },
  { patient: 'Patient/parted', to: me, effect: 'permit', author: colleague },
  { patient: 'Patient/timed', to: me, effect: 'permit', timed: true },
  { patient: 'Patient/refused', to: me, effect: 'deny' },
  { patient: 'Patient/barred', to: 'Organization/clinic', effect: 'deny' },
  { patient: 'Patient/closed', effect: 'deny' },
  { patient: 'Patient/limited', to: me, effect: 'deny', timed: true },
  { patient: 'Patient/ruled', effect: 'rule' },
  { patient: 'Patient/opened', effect: 'rule' },
  { patient: 'Patient/opened', effect: 'permit' },
  { patient: 'Patient/partly', effect: 'rule' },
  { patient: 'Patient/partly', effect: 'permit', only: 'DocumentReference/partly' },
  { patient: 'Patient/unrelated', effect: 'rule' },
  { patient: 'Patient/unrelated', effect: 'permit' },
  { patient: 'Patient/me', to: 'RelatedPerson/unwanted', effect: 'deny' },
  // What is denied to everybody is not denied to who acts for the patient.
  { patient: 'Patient/me', effect: 'deny' },
]

const team = (patient: string, status: string, member: string) => ({
  ...{ status, participant: [{ member: to(member) }] },
  ...of(patient),
})
const relative = (more: Elements) => ({ patient: to('Patient/me'), active: true, ...more })

const relations = [
  one('CareTeam/teamed', team('teamed', 'active', me)),
  one('CareTeam/lapsed', team('lapsed', 'inactive', me)),
  one('CareTeam/stranger', team('stranger', 'active', colleague)),
  one('RelatedPerson/me', relative({ period: { start: '2020', end: '2030' } })),
  one('RelatedPerson/inactive', relative({ active: false })),
  one('RelatedPerson/former', relative({ period: { end: '2025-06-01' } })),
  one('RelatedPerson/future', relative({ period: { start: '2026-06-01' } })),
  one('RelatedPerson/unwanted', relative({})),
  one('RelatedPerson/others', relative({ patient: to('Patient/stranger') })),
]

const note = { category: [{ coding: [{ code: 'clinical-note' }] }] }
const result = (patient: string, more: Elements = {}) => ({ ...of(patient), performer: [to(colleague)], ...more })
const records = [
  ...Object.keys(patients).flatMap((id) => [
    one(`Observation/${id}`, result(id)),
    one(`DocumentReference/${id}`, {
      ...of(id),
      ...(id === 'treated' ? note : {}),
      content: [{ attachment: { url: `Binary/${id}` } }],
    }),
    one(`Binary/${id}`),
  ]),
  one('Observation/restricted', result('treated', restricted)),
  one('Observation/my-restricted', result('me', restricted)),
  one('Observation/written', result('stranger', { performer: [to(me)] })),
  one('Observation/written-of-refused', result('refused', { performer: [to(me)] })),
  // Its patient denies it to everybody, and who wrote it is no exception.
  one('Observation/written-of-closed', result('closed', { performer: [to(me)] })),
  one('DocumentReference/written', {
    ...of('stranger'),
    ...{ author: [to(me)], content: [{ attachment: { url: 'Binary/written' } }] },
  }),
  ...['written', 'sent', 'sent-by-patient', 'sent-by-app', 'sent-by-other'].map((id) => one(`Binary/${id}`)),
  one('DocumentReference/restricted', {
    ...of('treated'),
    ...restricted,
    content: [{ attachment: { url: 'Binary/restricted' } }],
  }),
  one('Binary/restricted'),
]

export const uploads = {
  'Binary/sent': keys.ridOf('Practitioner', 'me'),
  'Binary/sent-by-patient': keys.ridOf('Patient', 'me'),
  'Binary/sent-by-app': keys.key('client', 'backend'),
  'Binary/sent-by-other': keys.ridOf('Practitioner', 'colleague'),
  // What a document owns is open to those alone who may read the document.
  'Binary/stranger': keys.ridOf('Practitioner', 'me'),
}

const origin = (target: string) => one(`Provenance/${target.replace('/', '-')}`, { target: [to(target)] })

/** What else of a record has a Provenance that those read who read the record, and the element that says whose it is. */
export const charted: Readonly<Record<string, 'subject' | 'patient'>> = {
  AllergyIntolerance: 'patient',
  CarePlan: 'subject',
  Condition: 'subject',
  DiagnosticReport: 'subject',
  Encounter: 'subject',
  Goal: 'subject',
  Immunization: 'patient',
  MedicationRequest: 'subject',
  Procedure: 'subject',
  ServiceRequest: 'subject',
}
const chart = Object.entries(charted).flatMap(([type, element]) =>
  ['treated', 'stranger', 'me'].flatMap((id) => [
    one(`${type}/${id}`, { [element]: to(`Patient/${id}`) }),
    origin(`${type}/${id}`),
  ]),
)

const message = (sender: string, recipient: string, status = 'in-progress') => ({
  ...{ status, sender: to(sender), recipient: [to(recipient)] },
})
const task = (more: Elements) => ({ requester: to(colleague), owner: to(colleague), ...more })
const event = (who: string, what: string) => ({ agent: [{ who: to(who) }], entity: [{ what: to(what) }] })

const parties = [
  one('Communication/sent', message(me, colleague)),
  one('Communication/received', message(colleague, me)),
  one('Communication/draft-to-me', message(colleague, me, 'preparation')),
  one('Communication/my-draft', message(me, colleague, 'preparation')),
  one('Communication/of-patient', message('Patient/me', colleague)),
  one('Communication/to-patient', message(colleague, 'Patient/me')),
  one('Communication/others', message(colleague, colleague)),
  one('Consent/to-me', { patient: to('Patient/stranger'), provision: { actor: [{ reference: to(me) }] } }),
  one('Consent/by-me', { patient: to('Patient/stranger'), performer: [to(me)] }),
  one('Consent/others', { patient: to('Patient/stranger') }),
  one('Consent/of-patient', { patient: to('Patient/me') }),
  one('Task/asked', task({ requester: to(me) })),
  one('Task/owned', task({ owner: to(me) })),
  one('Task/asked-by-patient', task({ requester: to('Patient/me') })),
  one('Task/owned-by-patient', task({ owner: to('Patient/me') })),
  one('Task/for-patient', task({ for: to('Patient/me') })),
  one('Task/on-document', task({ focus: to('DocumentReference/me') })),
  one('Task/question', task({ code: { coding: [{ code: 'access-query' }] } })),
  one('Task/others', task({})),
  one('AuditEvent/mine', event(me, 'Patient/stranger')),
  one('AuditEvent/of-patient', event('Patient/me', 'Patient/stranger')),
  one('AuditEvent/about-patient', event(colleague, 'Patient/me')),
  one('AuditEvent/others', event(colleague, 'Patient/stranger')),
  ...['Observation/treated', 'Observation/stranger', 'Observation/me', 'Patient/lettered', 'Patient/me'].map(origin),
  ...['DocumentReference/treated', 'DocumentReference/written', 'DocumentReference/me', 'Device/any'].map(origin),
]

export const inhabitants: readonly Resource[] = [
  ...Object.entries(patients).map(([id, elements]) => one(`Patient/${id}`, elements)),
  ...['me', 'colleague'].map((id) => one(`Practitioner/${id}`)),
  one('Device/any', {}),
  ...relations,
  ...records,
  ...chart,
  ...parties,
]
