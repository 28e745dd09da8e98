import { administrator, backend, base, doctor, patient, someone } from './build-access.ts'
import { judging, me, to } from './judge-cases.ts'

const { all } = judging()
const aPatient = { resourceType: 'Patient' }
const practitioner = { resourceType: 'Practitioner', id: 'other', active: true, name: [{ family: 'Berg' }] }
const myself = { ...practitioner, id: 'me' }
const episode = { resourceType: 'EpisodeOfCare', status: 'active', patient: to('Patient/1') }
const office = someone(['records-office'])

all('relation elements decide access, so an administrator writes them', [
  {
    title: 'an administrator assigns a general practitioner',
    who: administrator(),
    before: aPatient,
    after: { ...aPatient, generalPractitioner: [me] },
  },
  {
    title: 'a doctor makes himself the general practitioner of a new patient',
    who: doctor(),
    after: { ...aPatient, generalPractitioner: [me] },
  },
  {
    title: 'a doctor makes a colleague that',
    who: doctor(),
    after: { ...aPatient, generalPractitioner: [me, to('Practitioner/other')] },
    refused: ['forbidden', 'Patient.generalPractitioner'],
  },
  {
    title: 'a doctor makes himself that later',
    who: doctor(),
    before: aPatient,
    after: { ...aPatient, generalPractitioner: [me] },
    refused: ['forbidden', 'Patient.generalPractitioner'],
  },
  {
    title: 'a doctor names himself in a contained resource',
    who: doctor(),
    after: { ...aPatient, contained: [{ resourceType: 'Practitioner', id: 'x' }], generalPractitioner: [to('#x')] },
    refused: ['forbidden', 'Patient.generalPractitioner'],
  },
  {
    title: 'a doctor links a new patient',
    who: doctor(),
    after: { ...aPatient, link: [{ other: to('Patient/2'), type: 'seealso' }] },
    refused: ['forbidden', 'Patient.link'],
  },
  {
    title: 'the office assigns an organization',
    who: office,
    before: aPatient,
    after: { ...aPatient, managingOrganization: to('Organization/1') },
    refused: ['forbidden', 'Patient.managingOrganization'],
  },
  {
    title: 'the office corrects a name',
    who: office,
    before: aPatient,
    after: { ...aPatient, name: [{ family: 'Lindqvist' }] },
  },
  {
    title: 'a doctor makes himself care manager',
    who: doctor(),
    after: { ...episode, careManager: me },
    refused: ['forbidden', 'EpisodeOfCare.careManager'],
  },
  {
    title: 'a doctor makes a care team',
    who: doctor(),
    after: { resourceType: 'CareTeam', status: 'active', subject: to('Patient/1'), participant: [{ member: me }] },
    refused: ['forbidden', 'CareTeam'],
  },
  {
    title: 'a doctor makes a group',
    who: doctor(),
    after: { resourceType: 'Group', type: 'person', actual: true },
    refused: ['forbidden', 'Group'],
  },
  {
    title: 'a backend client that was granted it assigns a general practitioner',
    who: backend('system/Patient.cruds'),
    before: aPatient,
    after: { ...aPatient, generalPractitioner: [me] },
  },
])

all('Practitioner.active', [
  {
    title: 'an administrator suspends another',
    who: administrator(),
    before: practitioner,
    after: { ...practitioner, active: false },
  },
  {
    title: 'an administrator suspends himself',
    who: administrator(),
    before: myself,
    after: { ...myself, active: false },
    refused: ['forbidden', 'Practitioner.active'],
  },
  {
    title: 'an administrator approves himself',
    who: administrator(),
    before: { ...myself, active: false },
    after: myself,
    refused: ['forbidden', 'Practitioner.active'],
  },
  {
    title: 'an administrator lets it drop from his own record',
    who: administrator(),
    before: myself,
    after: { ...myself, active: undefined },
    refused: ['forbidden', 'Practitioner.active'],
  },
  {
    title: 'the office writes it',
    who: office,
    before: practitioner,
    after: { ...practitioner, active: false },
    refused: ['forbidden', 'Practitioner.active'],
  },
  {
    title: 'a backend client writes it',
    who: backend(),
    before: practitioner,
    after: { ...practitioner, active: false },
    refused: ['forbidden', 'Practitioner.active'],
  },
  {
    title: 'a doctor changes his telephone',
    who: doctor(),
    before: myself,
    after: { ...myself, telecom: [{ system: 'phone', value: '1' }] },
  },
  {
    title: 'a doctor changes his name',
    who: doctor(),
    before: myself,
    after: { ...myself, name: [{ family: 'Cohn' }] },
    refused: ['forbidden', 'Practitioner.name'],
  },
  {
    title: 'a doctor changes his gender',
    who: doctor(),
    before: myself,
    after: { ...myself, gender: 'other' },
    refused: ['forbidden', 'Practitioner.gender'],
  },
])

const observation = { resourceType: 'Observation', status: 'final', code: {}, subject: to('Patient/1') }
all('whose resource it is', [
  { title: 'a doctor writes about a patient', who: doctor(), after: observation },
  {
    title: 'a doctor writes about a patient by an absolute reference',
    who: doctor(),
    after: { ...observation, subject: to(`${base}/Patient/1`) },
  },
  {
    title: 'a doctor writes about a contained patient',
    who: doctor(),
    after: { ...observation, subject: to('#p') },
    refused: ['invalid', 'Observation.subject'],
  },
  {
    title: 'a doctor writes about a patient whom only an identifier names',
    who: doctor(),
    after: { ...observation, subject: { identifier: { value: '1' } } },
    refused: ['invalid', 'Observation.subject'],
  },
  {
    title: 'a doctor writes about a patient of elsewhere',
    who: doctor(),
    after: { ...observation, subject: to('https://elsewhere.org/Patient/1') },
    refused: ['invalid', 'Observation.subject'],
  },
  {
    title: 'a doctor moves a result to another patient',
    who: doctor(),
    before: observation,
    after: { ...observation, subject: to('Patient/2') },
    refused: ['forbidden', 'Observation.subject'],
  },
  {
    title: 'a doctor writes the same subject as an absolute reference',
    who: doctor(),
    before: observation,
    after: { ...observation, subject: to(`${base}/Patient/1`) },
  },
  {
    title: 'a doctor takes the subject away',
    who: doctor(),
    before: observation,
    after: { ...observation, subject: undefined },
    refused: ['forbidden', 'Observation.subject'],
  },
  {
    title: 'a backend client moves it',
    who: backend(),
    before: observation,
    after: { ...observation, subject: to('Patient/2') },
    refused: ['forbidden', 'Observation.subject'],
  },
  {
    title: 'an administrator moves it',
    who: administrator(),
    before: observation,
    after: { ...observation, subject: to('Patient/2') },
  },
  {
    title: 'a doctor adds a second patient to an appointment',
    who: doctor(),
    before: {
      resourceType: 'Appointment',
      status: 'booked',
      participant: [{ actor: to('Patient/1'), status: 'accepted' }],
    },
    after: {
      resourceType: 'Appointment',
      status: 'booked',
      participant: [
        { actor: to('Patient/1'), status: 'accepted' },
        { actor: to('Patient/2'), status: 'accepted' },
      ],
    },
    refused: ['forbidden', 'Appointment'],
  },
])

const decides: readonly [type: string, element: string, value: unknown][] = [
  ['Patient', 'generalPractitioner', [to('Practitioner/other')]],
  ['Patient', 'managingOrganization', to('Organization/1')],
  ['Patient', 'link', [{ other: to('Patient/2'), type: 'seealso' }]],
  ['EpisodeOfCare', 'careManager', me],
]
all(
  'each element that decides access, in what a doctor makes',
  decides.map(([resourceType, element, value]) => ({
    title: `${resourceType}.${element}`,
    who: doctor(),
    after: { resourceType, [element]: value },
    refused: ['forbidden', `${resourceType}.${element}`],
  })),
)

all('what ties people together is for administrators as a whole', [
  ...['CareTeam', 'Group', 'RelatedPerson', 'PractitionerRole'].map((resourceType) => ({
    title: `a doctor makes a ${resourceType}`,
    who: doctor(),
    after: { resourceType },
    refused: ['forbidden', resourceType] as [string, string],
  })),
  {
    title: 'a backend client that was granted it makes one',
    who: backend(),
    after: { resourceType: 'CareTeam', status: 'active', subject: to('Patient/1') },
  },
])

all('a Practitioner', [
  ...['identifier', 'qualification', 'name', 'communication'].map((element) => ({
    title: `does not change the own ${element}`,
    who: doctor(),
    before: myself,
    after: { ...myself, [element]: [{}] },
    refused: ['forbidden', `Practitioner.${element}`] as [string, string],
  })),
  ...['telecom', 'address', 'photo'].map((element) => ({
    title: `keeps the own ${element}`,
    who: doctor(),
    before: myself,
    after: { ...myself, [element]: [{}] },
  })),
  {
    title: 'that is stored with other tags is the same',
    who: doctor(),
    before: { ...myself, meta: { tag: [{}] } },
    after: myself,
  },
  { title: 'is brought by an administrator, the own one too', who: administrator(), after: myself },
  { title: 'is brought by a backend client, active from the start', who: backend(), after: practitioner },
  {
    title: 'who is an administrator changes a patient who happens to have the same id',
    who: administrator(),
    before: { ...aPatient, id: 'me', active: true },
    after: { ...aPatient, id: 'me', active: false },
  },
  {
    title: 'is not meant where a backend client writes that a patient’s record is in use',
    who: backend(),
    before: { ...aPatient, active: false },
    after: { ...aPatient, active: true },
  },
])

const elsewhere = to('https://elsewhere.org/Patient/1')
const visit = (actor: object) => ({
  resourceType: 'Appointment',
  status: 'booked',
  participant: [{ actor, status: 'accepted' }],
})
all('a subject', [
  ...[
    { resourceType: 'Coverage', beneficiary: elsewhere },
    { resourceType: 'ResearchSubject', individual: elsewhere },
    { resourceType: 'AllergyIntolerance', patient: elsewhere },
    { resourceType: 'Task', for: elsewhere, requester: me, code: {} },
  ].map((after) => {
    const element = ['beneficiary', 'individual', 'patient', 'for'].find((name) => name in after)!
    const refused: [string, string] = ['invalid', `${after.resourceType}.${element}`]
    return { title: `of elsewhere is none in ${element} of ${after.resourceType}`, who: doctor(), after, refused }
  }),
  { title: 'is nothing that bytes have', who: patient(), after: { resourceType: 'Binary' } },
  {
    title: 'that is no patient stays too',
    who: doctor(),
    before: { ...observation, subject: to('Device/1') },
    after: { ...observation, subject: to('Device/2') },
    refused: ['forbidden', 'Observation.subject'],
  },
  {
    title: 'of elsewhere is not exchanged for another, wherever the type holds it',
    who: doctor(),
    before: visit(elsewhere),
    after: visit(to('https://elsewhere.org/Patient/2')),
    refused: ['forbidden', 'Appointment'],
  },
])
