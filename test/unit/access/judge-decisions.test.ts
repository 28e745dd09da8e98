import { administrator, doctor, patient, someone } from './build-access.ts'
import { judging, me, to } from './judge-cases.ts'

const { all } = judging()
const office = someone(['records-office'])
const observation = { resourceType: 'Observation', status: 'final', code: {}, subject: to('Patient/1') }
const document = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: {} }],
  subject: to('Patient/1'),
}
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
  { title: 'rejects a doctor’s share', who: patient(), before: share, after: { ...share, status: 'rejected' } },
  {
    title: 'calls a doctor’s share a mistake',
    who: patient(),
    before: share,
    after: { ...share, status: 'entered-in-error' },
  },
  {
    title: 'makes a draft of a doctor’s share',
    who: patient(),
    before: share,
    after: { ...share, status: 'draft' },
    refused: ['forbidden', 'Consent.status'],
  },
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
all('the office', [
  { title: 'writes down what a patient consents to on paper', who: office, after: consent },
  {
    title: 'corrects it',
    who: office,
    before: consent,
    after: { ...consent, provision: { type: 'deny' } },
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

all('who may take a label away', [
  ...(['privacy-officer', 'admin'] as const).map((role) => ({
    title: `the ${role}`,
    who: someone([role]),
    before: { ...observation, ...label('R') },
    after: observation,
  })),
  {
    title: 'not the records office',
    who: office,
    before: { ...observation, ...label('R') },
    after: observation,
    refused: ['forbidden', 'Observation.meta.security'],
  },
])

const both = { ...consent, performer: [self, to('Practitioner/other')] }
all('a Consent', [
  {
    title: 'of the patient is not given a second voice',
    who: patient(),
    before: consent,
    after: both,
    refused: ['forbidden', 'Consent.performer'],
  },
  { title: 'of a doctor is put back by the patient as it is', who: patient(), before: share, after: share },
])

const message = {
  resourceType: 'Communication',
  status: 'in-progress',
  sender: self,
  payload: [{ contentString: 'A' }],
}
all('a patient’s', [
  { title: 'message needs no subject', who: patient(), after: message },
  {
    title: 'answer to what was asked of him alone needs none either',
    who: patient(),
    before: { resourceType: 'Task', status: 'requested', owner: self, requester: me },
    after: { resourceType: 'Task', status: 'accepted', owner: self, requester: me },
  },
])
