import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Access } from '../../../src/access/access.ts'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { administrator, backend, base, buildAccess, doctor, patient, someone } from './build-access.ts'

let access: Access
before(async () => {
  ;({ access } = await buildAccess())
})

const to = (reference: string) => ({ reference })
const me = to('Practitioner/me')
const stored = (resource: object): Resource => ({ id: '1', ...resource }) as Resource

interface Case {
  title: string
  who: Principal
  before?: object
  after: object
  /** The problem and the FHIRPath; absent: allowed. */
  refused?: [problem: string, expression: string]
}

function judged({ who, before: old, after: proposed }: Case): [problem: string, expression: string] | undefined {
  try {
    access.judge(who, old && stored(old), stored(proposed))
    return undefined
  } catch (error) {
    assert.ok(error instanceof FhirError)
    return [error.problem, error.issues[0]?.expression?.[0] ?? '']
  }
}

function all(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const one of cases) {
      test(`${one.title}: ${one.refused ? `refused at ${one.refused[1]}` : 'allowed'}`, () => {
        assert.deepEqual(judged(one), one.refused)
      })
    }
  })
}

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

const document = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: {} }],
  subject: to('Patient/1'),
}
const message = { resourceType: 'Communication', status: 'in-progress', recipient: [to('Practitioner/other')] }
all('nobody writes in another’s name', [
  { title: 'a doctor signs his document', who: doctor(), after: { ...document, author: [me, to('Organization/1')] } },
  {
    title: 'a doctor signs for a colleague',
    who: doctor(),
    after: { ...document, author: [to('Practitioner/other')] },
    refused: ['unprocessable', 'DocumentReference.author[0]'],
  },
  {
    title: 'a doctor signs for a contained person',
    who: doctor(),
    after: { ...document, author: [me, to('#other')] },
    refused: ['unprocessable', 'DocumentReference.author[1]'],
  },
  {
    title: 'a document without a signature',
    who: doctor(),
    after: document,
    refused: ['unprocessable', 'DocumentReference.author'],
  },
  {
    title: 'an administrator brings a colleague’s document',
    who: administrator(),
    after: { ...document, author: [to('Practitioner/other')] },
  },
  {
    title: 'a backend client brings a colleague’s document',
    who: backend(),
    after: { ...document, author: [to('Practitioner/other')] },
  },
  {
    title: 'a doctor adds a colleague later',
    who: doctor(),
    before: { ...document, author: [me] },
    after: { ...document, author: [me, to('Practitioner/other')] },
    refused: ['unprocessable', 'DocumentReference.author'],
  },
  {
    title: 'a doctor sends as another',
    who: doctor(),
    after: { ...message, sender: to('Practitioner/other') },
    refused: ['unprocessable', 'Communication.sender'],
  },
  {
    title: 'a message that was sent is recalled',
    who: doctor(),
    before: { ...message, sender: me },
    after: { ...message, sender: me, status: 'stopped' },
  },
  {
    title: 'a message that was sent is rewritten',
    who: doctor(),
    before: { ...message, sender: me },
    after: { ...message, sender: me, payload: [{ contentString: 'x' }] },
    refused: ['forbidden', 'Communication.payload'],
  },
  {
    title: 'a draft is rewritten',
    who: doctor(),
    before: { ...message, sender: me, status: 'preparation' },
    after: { ...message, sender: me, status: 'preparation', payload: [{ contentString: 'x' }] },
  },
])

const self = to('Patient/me')
const upload = { ...document, subject: self, author: [self], category: [{ coding: [{ code: 'patient-upload' }] }] }
const consent = {
  resourceType: 'Consent',
  status: 'active',
  scope: {},
  category: [{}],
  patient: self,
  performer: [self],
}
const share = { ...consent, performer: [to('Practitioner/other')] }
all('a patient', [
  { title: 'uploads, marked as such', who: patient(), after: upload },
  {
    title: 'uploads unmarked',
    who: patient(),
    after: { ...upload, category: [] },
    refused: ['forbidden', 'DocumentReference.category'],
  },
  {
    title: 'uploads about another',
    who: patient(),
    after: { ...upload, subject: to('Patient/other') },
    refused: ['forbidden', 'DocumentReference.subject'],
  },
  {
    title: 'uploads about nobody',
    who: patient(),
    after: { ...upload, subject: undefined },
    refused: ['forbidden', 'DocumentReference'],
  },
  {
    title: 'writes a result',
    who: patient(),
    after: { ...observation, subject: self },
    refused: ['forbidden', 'Observation'],
  },
  { title: 'consents', who: patient(), after: consent },
  {
    title: 'consents for another',
    who: patient(),
    after: { ...consent, patient: to('Patient/other') },
    refused: ['forbidden', 'Consent.patient'],
  },
  {
    title: 'consents in another’s name',
    who: patient(),
    after: share,
    refused: ['unprocessable', 'Consent.performer[0]'],
  },
  { title: 'changes his Consent', who: patient(), before: consent, after: { ...consent, provision: { type: 'deny' } } },
  { title: 'revokes a doctor’s share', who: patient(), before: share, after: { ...share, status: 'inactive' } },
  {
    title: 'widens a doctor’s share',
    who: patient(),
    before: share,
    after: { ...share, provision: { type: 'permit' } },
    refused: ['forbidden', 'Consent.provision'],
  },
  {
    title: 'revives a doctor’s share',
    who: patient(),
    before: { ...share, status: 'inactive' },
    after: share,
    refused: ['forbidden', 'Consent.status'],
  },
  {
    title: 'takes over a doctor’s share',
    who: patient(),
    before: share,
    after: consent,
    refused: ['forbidden', 'Consent.performer'],
  },
])

const request = {
  resourceType: 'Task',
  status: 'requested',
  intent: 'proposal',
  code: { coding: [{ code: 'access-request' }] },
  requester: me,
  owner: to('Practitioner/office'),
}
const approval = { ...request, code: { coding: [{ code: 'practitioner-approval' }] } }
const decided = { ...request, requester: to('Practitioner/other'), owner: me }
all('a Task', [
  { title: 'a doctor asks', who: doctor(), after: request },
  {
    title: 'a doctor asks in another’s name',
    who: doctor(),
    after: { ...request, requester: to('Practitioner/other') },
    refused: ['unprocessable', 'Task.requester'],
  },
  { title: 'a doctor asks for his own approval', who: doctor(), after: approval, refused: ['forbidden', 'Task.code'] },
  {
    title: 'the office approves a registration',
    who: office,
    before: approval,
    after: { ...approval, status: 'completed' },
    refused: ['forbidden', 'Task.code'],
  },
  { title: 'who asked cancels', who: doctor(), before: request, after: { ...request, status: 'cancelled' } },
  {
    title: 'who asked decides',
    who: doctor(),
    before: request,
    after: { ...request, status: 'completed' },
    refused: ['forbidden', 'Task.status'],
  },
  {
    title: 'who asked and owns it decides',
    who: doctor(),
    before: { ...request, owner: me },
    after: { ...request, owner: me, status: 'accepted' },
    refused: ['forbidden', 'Task.status'],
  },
  {
    title: 'who asked changes what was asked',
    who: doctor(),
    before: request,
    after: { ...request, for: to('Patient/1') },
    refused: ['forbidden', 'Task.for'],
  },
  { title: 'who owns it decides', who: doctor(), before: decided, after: { ...decided, status: 'accepted' } },
  {
    title: 'who owns it makes it another request',
    who: doctor(),
    before: decided,
    after: { ...decided, focus: to('Patient/1') },
    refused: ['forbidden', 'Task.focus'],
  },
])

const label = (code: string) => ({
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }] },
})
all('security labels', [
  { title: 'a doctor raises one', who: doctor(), before: observation, after: { ...observation, ...label('R') } },
  {
    title: 'a doctor lowers one',
    who: doctor(),
    before: { ...observation, ...label('R') },
    after: { ...observation, ...label('N') },
    refused: ['forbidden', 'Observation.meta.security'],
  },
  {
    title: 'a doctor exchanges one',
    who: doctor(),
    before: { ...observation, ...label('V') },
    after: { ...observation, ...label('R') },
    refused: ['forbidden', 'Observation.meta.security'],
  },
  {
    title: 'the privacy officer lowers one',
    who: administrator(),
    before: { ...observation, ...label('R') },
    after: observation,
  },
])

describe('the references that the caller must be able to see', () => {
  const names = (who: Principal, old: object | undefined, proposed: object) =>
    access.judge(who, old && stored(old), stored(proposed)).mustSee.map(({ path }) => path)

  test('are those to persons, and what they share', () => {
    const encounter = to('Encounter/1')
    assert.deepEqual(
      names(doctor(), undefined, { ...observation, encounter, performer: [to('Practitioner/other')] }).sort(),
      ['Observation.encounter', 'Observation.subject'],
    )
    const shared = { ...message, sender: me, payload: [{ contentReference: to('DocumentReference/1') }] }
    assert.deepEqual(names(doctor(), undefined, shared), ['Communication.payload[0].content'])
    const replaced = { ...document, author: [me], relatesTo: [{ code: 'replaces', target: to('DocumentReference/1') }] }
    assert.ok(names(doctor(), undefined, replaced).includes('DocumentReference.relatesTo[0].target'))
  })

  test('include what a Consent opens, and to whom', () => {
    const provision = {
      data: [{ meaning: 'instance', reference: to('DocumentReference/1') }],
      actor: [{ role: {}, reference: to('Practitioner/other') }],
    }
    assert.deepEqual(names(patient(), undefined, { ...consent, provision }).sort(), [
      'Consent.patient',
      'Consent.performer[0]',
      'Consent.provision.actor[0].reference',
      'Consent.provision.data[0].reference',
    ])
  })

  test('include local Binaries', () => {
    const content = [{ attachment: { url: 'Binary/1' } }, { attachment: { url: 'https://elsewhere.org/Binary/1' } }]
    assert.deepEqual(names(doctor(), undefined, { ...document, author: [me], content }), [
      'DocumentReference.subject',
      'DocumentReference.content[0].attachment.url',
    ])
  })

  test('are not asked for again when they stand there already', () => {
    assert.deepEqual(names(doctor(), observation, { ...observation, status: 'amended' }), [])
  })

  test('are none for an administrator', () => {
    assert.deepEqual(names(administrator(), undefined, observation), [])
  })
})

describe('bytes', () => {
  test('are held by documents alone', () => {
    const report = {
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: {},
      presentedForm: [{ url: `${base}/Binary/1` }],
    }
    assert.deepEqual(judged({ title: '', who: doctor(), after: report }), [
      'unprocessable',
      'DiagnosticReport.presentedForm[0].url',
    ])
  })
})
