import { type Facts, inCategory, loinc, meetsCategory, restricted, type Row, row, systems, to } from './scope-row.ts'

export { launchedFor, type Role, type Row, systems } from './scope-row.ts'

const looked = { doctor: 'rs', patient: 'rs', proxy: 'rs', of: ['everywhere'] }
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
  // Who opens a part to whoever treats, and is treated by others; who denies all to everybody; who permits those of a hospital.
  row('Patient/offered', { gender: 'male' }, { of: ['offered'] }),
  row('Patient/unshared', { gender: 'female', generalPractitioner: [byDoctor] }, { of: ['unshared'] }),
  row('Patient/hospital', { gender: 'male' }, { doctor: 'rs', of: ['hospital'] }),
  row(
    'Patient/marked',
    { gender: 'male', generalPractitioner: [byDoctor], ...restricted },
    { doctor: 'rs', of: ['marked'] },
  ),
  row('Patient/expired', { gender: 'male' }, { of: ['expired'] }),
  row('Patient/refused', { gender: 'female', generalPractitioner: [byDoctor] }, { of: ['refused'] }),
  row(
    'Patient/self',
    { gender: 'male', generalPractitioner: [to('Practitioner/gp')] },
    { patient: 'rs', proxy: 'rs', of: ['self'] },
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
    ...{ patient: 'rs', proxy: 'rs', of: ['self'], meets: ['status=active'] },
  }),
  // A patient may take part in the team of another: the compartment has both.
  row('CareTeam/helping', team('stranger', 'active', 'Patient/self'), {
    ...{ of: ['stranger', 'self'], meets: ['status=active'] },
  }),
]

const forActor = (name: string) => ({ actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: to(name) }] })
const grant = (patient: string, period: object, provision: object = {}) => ({
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [loinc('59284-0')],
  patient: to(`Patient/${patient}`),
  performer: [to(`Patient/${patient}`)],
  policyRule: { text: 'as agreed' },
  provision: {
    type: 'permit',
    ...forActor('Practitioner/doctor'),
    period,
    ...provision,
  },
})
/** To everybody who treats the patient: what one doctor wrote. */
const ofGp = { actor: undefined, data: [{ meaning: 'authoredby', reference: to('Practitioner/gp') }] }
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
  row('Consent/ruled', grant('ruled', now, ofGp), { ...given, doctor: '', of: ['ruled'] }),
  row('Consent/offered', grant('offered', now, ofGp), { ...given, doctor: '', of: ['offered'] }),
  row('Consent/unshared', grant('unshared', now, { type: 'deny', actor: undefined }), {
    ...{ ...given, doctor: '', of: ['unshared'] },
  }),
  row('Consent/hospital', grant('hospital', now, forActor('Organization/hospital')), {
    ...{ ...given, doctor: '', of: ['hospital'] },
  }),
  row(
    'Consent/given',
    { ...grant('treated', now, forActor('Practitioner/colleague')), performer: [byDoctor] },
    { ...given, of: ['treated'] },
  ),
  row(
    'Consent/secret',
    grant('self', now, {
      ...{ ...forActor('RelatedPerson/proxy'), type: 'deny' },
      data: [{ meaning: 'authoredby', reference: to('Organization/hospital') }],
    }),
    { ...given, doctor: '', patient: 'rsu', of: ['self'] },
  ),
  row('Consent/own', grant('self', now, forActor('Practitioner/colleague')), {
    ...given,
    doctor: '',
    patient: 'rsu',
    of: ['self'],
  }),
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
  result('offered', 'offered', 'laboratory', {}, { performer: [to('Practitioner/gp')] }),
  result('unshared', 'unshared', 'laboratory', {}, { performer: [byDoctor] }),
  result('hospital', 'hospital', 'laboratory', { doctor: 'rs' }),
  result('expired', 'expired', 'laboratory', {}),
  result('refused', 'refused', 'laboratory', {}, { performer: [byDoctor] }),
  result('made', 'stranger', 'laboratory', { doctor: 'rsu' }, { performer: [byDoctor] }),
  result('own-lab', 'self', 'laboratory', { patient: 'rs', proxy: 'rs' }),
  // Denied to the proxy.
  result('own-secret', 'self', 'laboratory', { patient: 'rs' }, { performer: [to('Organization/hospital')] }),
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
const represented = { patient: 'rs', proxy: 'rs' }
const documents = [
  ...document('note', 'treated', 'clinical-note', wrote, written),
  ...document('image', 'treated', 'image', wrote, written),
  ...document('theirs', 'treated', 'clinical-note'),
  ...document('granted', 'single', 'clinical-note', { doctor: 'rs', bytes: { doctor: 'rs' } }),
  ...document('opened', 'opened', 'image', { doctor: 'rs', bytes: { doctor: 'rs' } }),
  ...document('offered', 'offered', 'image', {}, { author: [to('Practitioner/gp')] }),
  ...document('unshared', 'unshared', 'image', {}, written),
  ...document('elsewhere', 'stranger', 'image', wrote, written),
  ...document('refused', 'refused', 'clinical-note', {}, written),
  ...document('own-note', 'self', 'clinical-note', { ...represented, bytes: represented }),
  ...document('own-image', 'self', 'image', { ...own, bytes: { office: '', patient: 'rs' } }, restricted),
  ...document('strange', 'stranger', 'clinical-note'),
]

/** Bytes that no document owns yet are their uploader's alone. */
const uploads = (['office', 'doctor', 'patient', 'system'] as const).map((uploader): Row => {
  const may = { office: '', system: '', doctor: '', patient: '', proxy: '', [uploader]: 'rsud' }
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
  // Whose granted document it is, the doctor may read.
  row('Provenance/single', origin('Patient/single'), { ...traced, doctor: 'rs', of: ['single'] }),
  row('Provenance/own', origin('Observation/own-lab'), { ...traced, patient: 'rs', of: ['self'] }),
  row('Provenance/strange', origin('Observation/strange'), { ...traced, of: ['stranger'] }),
]

/** Who acts for a patient, and who does so no more, or not yet. They are asked for nothing; what they see is. */
export const relatives: readonly NonNullable<Row['resource']>[] = [
  relative('proxy', 'self', { active: true, period: { start: '2020-01-01', end: '2090-01-01' } }),
  relative('dismissed', 'self', { active: false }),
  relative('former', 'self', { active: true, period: { end: '2021-01-01' } }),
  relative('coming', 'self', { active: true, period: { start: '2090-01-01' } }),
  relative('of-another', 'stranger', { active: true }),
]

function relative(id: string, patient: string, elements: object) {
  return { resourceType: 'RelatedPerson', id, patient: to(`Patient/${patient}`), ...elements }
}

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
