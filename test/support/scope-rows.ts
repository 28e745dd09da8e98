/**
 * What stands in the server while scopes are tried, and what is true of each resource, written down by hand: who may do what
 * with it, in whose compartment it stands, and which `param=value` it meets. Nothing here asks the code under test.
 */
export type Role = 'office' | 'doctor' | 'patient' | 'system'

/** The patient of the launch context of each role; a backend service has none. */
export const launchedFor: Readonly<Record<Role, string | undefined>> = {
  office: 'Patient/treated',
  doctor: 'Patient/treated',
  patient: 'Patient/self',
  system: undefined,
}

export interface Row {
  readonly name: string
  readonly type: string
  /** Undefined: it is uploaded by `uploader` before the tests. */
  readonly resource:
    { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown } | undefined
  /** r read, s search, u update, d delete: what each role may do, scopes aside. */
  readonly may: Readonly<Record<Role, string>>
  /** The patients in whose compartment it stands; `everywhere` is looked up in every context, and never written in one. */
  readonly of: readonly string[]
  /** The patients whose compartment, as R4 defines it, has it as well, though it is no part of their record. */
  readonly linkingTo?: readonly string[]
  readonly meets: readonly string[]
  /** Of a Binary: the document that owns it. */
  readonly document?: string
  readonly uploader?: Role
}

const to = (reference: string) => ({ reference })
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] })
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
}

export const systems = {
  observation: 'http://terminology.hl7.org/CodeSystem/observation-category',
  document: 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category',
}

const inCategory = (system: string, code: string) => ({ category: [{ coding: [{ system, code }] }] })
const meetsCategory = (system: string, code: string) => [`category=${code}`, `category=${system}|${code}`]

interface Facts {
  office?: string
  /** As the office, unless it is said. */
  system?: string
  doctor?: string
  patient?: string
  of?: readonly string[]
  meets?: readonly string[]
}

function row(name: string, elements: object, facts: Facts): Row {
  const [resourceType, id] = name.split('/') as [string, string]
  const { office = 'rsud', system = office, doctor = '', patient = '', of = [], meets = [] } = facts
  return {
    ...{ name, type: resourceType, of: of.map((one) => (one === 'everywhere' ? one : `Patient/${one}`)), meets },
    ...{ resource: { resourceType, id, ...elements }, may: { office, system, doctor, patient } },
  }
}

const looked = { doctor: 'rs', patient: 'rs', of: ['everywhere'] }
const people = [
  ...['admin', 'colleague', 'gp'].map((id) =>
    row(`Practitioner/${id}`, { active: true, name: [{ family: id }] }, looked),
  ),
  row('Practitioner/doctor', { active: true, name: [{ family: 'doctor' }] }, { ...looked, doctor: 'rsu' }),
  row('Organization/hospital', { name: 'Hospital' }, looked),
  row('Device/pump', { status: 'active' }, {}),
]

const byDoctor = to('Practitioner/doctor')
const patients = [
  row('Patient/treated', { gender: 'female', generalPractitioner: [byDoctor] }, { doctor: 'rs', of: ['treated'] }),
  row('Patient/teamed', { gender: 'female' }, { doctor: 'rs', of: ['teamed'] }),
  row('Patient/lapsed', { gender: 'male' }, { of: ['lapsed'] }),
  row('Patient/shared', { gender: 'male' }, { doctor: 'rs', of: ['shared'] }),
  // A granted document tells whose it is; it does not list its patient.
  row('Patient/single', { gender: 'male' }, { doctor: 'r', of: ['single'] }),
  // So do a granted part of the record, and granted data of a time.
  row('Patient/parted', { gender: 'male' }, { doctor: 'r', of: ['parted'] }),
  row('Patient/timed', { gender: 'male' }, { doctor: 'r', of: ['timed'] }),
  // Who says to whom all is open that treat the patient, and who opens a part to them instead of what the hospital would.
  row('Patient/opened', { gender: 'female', generalPractitioner: [byDoctor] }, { doctor: 'rs', of: ['opened'] }),
  row('Patient/ruled', { gender: 'female', generalPractitioner: [byDoctor] }, { doctor: 'rs', of: ['ruled'] }),
  row('Patient/expired', { gender: 'male' }, { of: ['expired'] }),
  row('Patient/refused', { gender: 'female', generalPractitioner: [byDoctor] }, { of: ['refused'] }),
  row(
    'Patient/self',
    { gender: 'male', generalPractitioner: [to('Practitioner/gp')] },
    { patient: 'rs', of: ['self'] },
  ),
  {
    ...row(
      'Patient/linking',
      {
        link: ['treated', 'self'].map((id) => ({ other: to(`Patient/${id}`), type: 'seealso' })),
        generalPractitioner: [byDoctor],
      },
      { doctor: 'rs', of: ['linking'] },
    ),
    linkingTo: ['Patient/treated', 'Patient/self'],
  },
  row('Patient/stranger', { gender: 'female' }, { of: ['stranger'] }),
]

const team = (patient: string, status: string, member: string) => ({
  status,
  subject: to(`Patient/${patient}`),
  participant: [{ member: to(member) }],
})
const teams = [
  row('CareTeam/active', team('teamed', 'active', 'Practitioner/doctor'), {
    ...{ doctor: 'rs', of: ['teamed'], meets: ['status=active'] },
  }),
  row('CareTeam/former', team('lapsed', 'inactive', 'Practitioner/doctor'), {
    ...{ doctor: 'rs', of: ['lapsed'], meets: ['status=inactive'] },
  }),
  row('CareTeam/treated', team('treated', 'active', 'Practitioner/gp'), {
    ...{ doctor: 'rs', of: ['treated'], meets: ['status=active'] },
  }),
  row('CareTeam/own', team('self', 'active', 'Practitioner/gp'), {
    ...{ patient: 'rs', of: ['self'], meets: ['status=active'] },
  }),
  // A patient may take part in the team of another: the compartment has both.
  row('CareTeam/helping', team('stranger', 'active', 'Patient/self'), {
    ...{ of: ['stranger', 'self'], meets: ['status=active'] },
  }),
]

const grant = (patient: string, period: object, provision: object = {}) => ({
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [loinc('59284-0')],
  patient: to(`Patient/${patient}`),
  performer: [to(`Patient/${patient}`)],
  policyRule: { text: 'as agreed' },
  provision: {
    type: 'permit',
    actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: byDoctor }],
    period,
    ...provision,
  },
})
const now = { start: '2020-01-01' }
const given = { office: 'rsu', system: 'rs', doctor: 'rs', meets: ['status=active'] }
const consents = [
  row('Consent/shared', grant('shared', now), { ...given, of: ['shared'] }),
  row('Consent/expired', grant('expired', { end: '2021-01-01' }), { ...given, of: ['expired'] }),
  row('Consent/refused', grant('refused', now, { type: 'deny' }), { ...given, of: ['refused'] }),
  row(
    'Consent/single',
    grant('single', now, { data: [{ meaning: 'instance', reference: to('DocumentReference/granted') }] }),
    { ...given, of: ['single'] },
  ),
  row(
    'Consent/parted',
    grant('parted', now, { data: [{ meaning: 'authoredby', reference: to('Practitioner/colleague') }] }),
    { ...given, of: ['parted'] },
  ),
  row('Consent/timed', grant('timed', now, { dataPeriod: { start: '2020-01-01', end: '2090-01-01' } }), {
    ...{ ...given, of: ['timed'] },
  }),
  row('Consent/opened', grant('opened', now, { actor: undefined }), { ...given, doctor: '', of: ['opened'] }),
  row(
    'Consent/ruled',
    grant('ruled', now, {
      actor: undefined,
      data: [{ meaning: 'authoredby', reference: to('Practitioner/gp') }],
    }),
    { ...given, doctor: '', of: ['ruled'] },
  ),
  row(
    'Consent/own',
    grant('self', now, { actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: to('Practitioner/colleague') }] }),
    { ...given, doctor: '', patient: 'rsu', of: ['self'] },
  ),
]

type Category = 'laboratory' | 'vital-signs'

function result(
  id: string,
  patient: string,
  category: Category,
  facts: Facts,
  more: { status?: string; performer?: object[]; meta?: object; effectiveDateTime?: string } = {},
) {
  const { status = 'final' } = more
  const performer = [to('Practitioner/colleague')]
  const elements = { status, code: loinc('8867-4'), subject: to(`Patient/${patient}`), performer, ...more }
  const meets = [`status=${status}`, ...meetsCategory(systems.observation, category)]
  return row(
    `Observation/${id}`,
    { ...inCategory(systems.observation, category), ...elements },
    { of: [patient], meets, ...facts },
  )
}

const observations = [
  result('lab', 'treated', 'laboratory', { doctor: 'rs' }),
  result('early-lab', 'treated', 'laboratory', { doctor: 'rs' }, { status: 'preliminary' }),
  result('pulse', 'treated', 'vital-signs', { doctor: 'rsu' }, { performer: [byDoctor] }),
  result('restricted', 'treated', 'laboratory', {}, restricted),
  result('teamed', 'teamed', 'laboratory', { doctor: 'rs' }),
  result('lapsed', 'lapsed', 'laboratory', {}),
  result('shared', 'shared', 'laboratory', { doctor: 'rs' }),
  result('parted', 'parted', 'laboratory', { doctor: 'rs' }),
  result('not-parted', 'parted', 'laboratory', {}, { performer: [to('Practitioner/gp')] }),
  result('timed', 'timed', 'laboratory', { doctor: 'rs' }, { effectiveDateTime: '2024-05-05' }),
  result('early', 'timed', 'laboratory', {}, { effectiveDateTime: '2014-05-05' }),
  result('opened', 'opened', 'laboratory', { doctor: 'rs' }),
  result('ruled', 'ruled', 'laboratory', { doctor: 'rs' }, { performer: [to('Practitioner/gp')] }),
  result('not-ruled', 'ruled', 'laboratory', {}),
  result('expired', 'expired', 'laboratory', {}),
  result('refused', 'refused', 'laboratory', {}, { performer: [byDoctor] }),
  result('made', 'stranger', 'laboratory', { doctor: 'rsu' }, { performer: [byDoctor] }),
  result('own-lab', 'self', 'laboratory', { patient: 'rs' }),
  result('own-pulse', 'self', 'vital-signs', { patient: 'rs' }, restricted),
  // Performed by a patient on another one: in the compartments of both, and the record of one.
  result(
    'performed',
    'stranger',
    'laboratory',
    { of: ['stranger', 'treated', 'self'] },
    {
      performer: [to('Patient/treated'), to('Patient/self')],
    },
  ),
  result('strange', 'stranger', 'vital-signs', {}),
]

type Kind = 'clinical-note' | 'image'

/** A document and its bytes. `bytes`: what each role may do with these. */
function document(
  id: string,
  patient: string,
  kind: Kind,
  facts: Facts & { bytes?: Facts } = {},
  more: object = {},
): Row[] {
  const { bytes = {}, ...others } = facts
  const content = [{ attachment: { contentType: 'text/plain', url: `Binary/${id}` } }]
  const elements = { status: 'current', subject: to(`Patient/${patient}`), author: [to('Practitioner/colleague')] }
  const meets = ['status=current', ...meetsCategory(systems.document, kind)]
  const name = `DocumentReference/${id}`
  return [
    {
      ...row(`Binary/${id}`, { contentType: 'text/plain', data: 'aGVsbG8=' }, { of: [patient], ...bytes }),
      document: name,
    },
    row(
      name,
      { ...inCategory(systems.document, kind), ...elements, content, ...more },
      { of: [patient], meets, ...others },
    ),
  ]
}

const written = { author: [byDoctor] }
const wrote = { doctor: 'rsu', bytes: { doctor: 'rsud' } }
const own = { patient: 'rs', bytes: { patient: 'rs' } }
const documents = [
  ...document('note', 'treated', 'clinical-note', wrote, written),
  ...document('image', 'treated', 'image', wrote, written),
  ...document('theirs', 'treated', 'clinical-note'),
  ...document('granted', 'single', 'clinical-note', { doctor: 'rs', bytes: { doctor: 'rs' } }),
  ...document('opened', 'opened', 'image', { doctor: 'rs', bytes: { doctor: 'rs' } }),
  ...document('elsewhere', 'stranger', 'image', wrote, written),
  ...document('refused', 'refused', 'clinical-note', {}, written),
  ...document('own-note', 'self', 'clinical-note', own),
  ...document('own-image', 'self', 'image', { ...own, bytes: { office: '', patient: 'rs' } }, restricted),
  ...document('strange', 'stranger', 'clinical-note'),
]

/** Bytes that no document owns yet are their uploader's alone. */
const uploads = (['office', 'doctor', 'patient', 'system'] as const).map((uploader): Row => {
  const may = { office: '', system: '', doctor: '', patient: '', [uploader]: 'rsud' }
  return { name: `upload of the ${uploader}`, type: 'Binary', resource: undefined, may, of: [], meets: [], uploader }
})

const mail = (sender: string, recipient: string, more: object = {}) => ({
  ...{ status: 'in-progress', sender: to(sender), recipient: [to(recipient)], payload: [{ contentString: 'hello' }] },
  ...more,
})
const colleague = 'Practitioner/colleague'
const sent = ['status=in-progress']
const messages = [
  row('Communication/sent', mail('Practitioner/doctor', colleague), { office: '', doctor: 'rsu', meets: sent }),
  row('Communication/received', mail(colleague, 'Practitioner/doctor', { subject: to('Patient/treated') }), {
    ...{ office: '', doctor: 'rs', of: ['treated'], meets: sent },
  }),
  row('Communication/draft', mail(colleague, 'Practitioner/doctor', { status: 'preparation' }), {
    ...{ office: '', meets: ['status=preparation'] },
  }),
  row('Communication/own-draft', mail('Practitioner/doctor', colleague, { status: 'preparation' }), {
    ...{ office: '', doctor: 'rsu', meets: ['status=preparation'] },
  }),
  row('Communication/to-patient', mail(colleague, 'Patient/self'), {
    ...{ office: '', patient: 'rs', of: ['self'], meets: sent },
  }),
  row('Communication/from-patient', mail('Patient/self', colleague), {
    ...{ office: '', patient: 'rsu', of: ['self'], meets: sent },
  }),
  row('Communication/to-office', mail(colleague, 'Practitioner/admin'), { office: 'rs', system: '', meets: sent }),
  row('Communication/strange', mail(colleague, 'Practitioner/gp'), { office: '', meets: sent }),
]

const request = (requester: string, owner: string, more: object = {}) => ({
  ...{ status: 'requested', intent: 'proposal', code: { coding: [{ code: 'access-request' }] } },
  ...{ requester: to(requester), owner: to(owner), ...more },
})
const asked = { office: 'rsu', system: '', meets: ['status=requested'] }
const tasks = [
  row('Task/requested', request('Practitioner/doctor', 'Practitioner/admin'), { ...asked, doctor: 'rsu' }),
  row('Task/about', request('Practitioner/doctor', 'Practitioner/admin', { for: to('Patient/treated') }), {
    ...{ ...asked, doctor: 'rsu', of: ['treated'] },
  }),
  row('Task/received', request(colleague, 'Practitioner/doctor', { status: 'received' }), {
    ...{ ...asked, doctor: 'rsu', meets: ['status=received'] },
  }),
  row('Task/on-note', request(colleague, 'Practitioner/gp', { focus: to('DocumentReference/note') }), {
    ...{ ...asked, of: ['treated'] },
  }),
  row('Task/owned', request(colleague, 'Patient/self'), { ...asked, patient: 'rsu', of: ['self'] }),
  row('Task/on-strange', request(colleague, 'Practitioner/gp', { focus: to('DocumentReference/strange') }), {
    ...{ ...asked, of: ['stranger'] },
  }),
  row('Task/wished', request('Patient/treated', 'Practitioner/gp'), { ...asked, of: ['treated'] }),
  row('Task/strange', request(colleague, 'Practitioner/gp'), asked),
]

const origin = (target: string) => ({
  target: [to(target)],
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: to(colleague) }],
})
const traced = { office: 'rs', system: '' }
const provenances = [
  row('Provenance/lab', origin('Observation/lab'), { ...traced, doctor: 'rs', of: ['treated'] }),
  row('Provenance/note', origin('DocumentReference/note'), { ...traced, doctor: 'rs', of: ['treated'] }),
  row('Provenance/theirs', origin('DocumentReference/theirs'), { ...traced, of: ['treated'] }),
  row('Provenance/patient', origin('Patient/treated'), { ...traced, doctor: 'rs', of: ['treated'] }),
  row('Provenance/own', origin('Observation/own-lab'), { ...traced, patient: 'rs', of: ['self'] }),
  row('Provenance/strange', origin('Observation/strange'), { ...traced, of: ['stranger'] }),
]

/** In an order in which what is referred to is there first. */
export const rows: readonly Row[] = [
  ...[...people, ...patients, ...teams, ...observations, ...documents],
  ...[...consents, ...messages, ...tasks, ...provenances, ...uploads],
]

export const types: readonly string[] = [...new Set(rows.map(({ type }) => type))]

/** The subject of a row, where it has one. */
export function subjectOf({ resource }: Row): string | undefined {
  return (resource?.['subject'] as { reference?: string } | undefined)?.reference
}
