import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { administrator, backend, base, doctor, patient } from './build-access.ts'
import { judging, me, to } from './judge-cases.ts'

const { all, judged, mustSee } = judging()
const observation = { resourceType: 'Observation', status: 'final', code: {}, subject: to('Patient/1') }
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
    title: 'a doctor signs with the device that measured',
    who: doctor(),
    after: { ...document, author: [me, to('Device/1')] },
  },
  {
    title: 'a doctor signs for an organization that is known by its identifier',
    who: doctor(),
    after: { ...document, author: [me, { type: 'Organization', identifier: { value: '1' } }] },
  },
  {
    title: 'a doctor signs for a contained person whom he calls an organization',
    who: doctor(),
    after: { ...document, author: [me, { reference: '#other', type: 'Organization' }] },
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
    title: 'a message that was sent is recalled, and why is told',
    who: doctor(),
    before: { ...message, sender: me, payload: [{ contentString: 'x' }] },
    after: { ...message, sender: me, status: 'stopped', statusReason: { text: 'The wrong colleague' } },
  },
  {
    title: 'a message that was sent is rewritten',
    who: doctor(),
    before: { ...message, sender: me },
    after: { ...message, sender: me, payload: [{ contentString: 'x' }] },
    refused: ['forbidden', 'Communication.payload'],
  },
  {
    title: 'a message that was sent loses its text alone',
    who: doctor(),
    before: { ...message, sender: me, payload: [{ contentString: 'x' }] },
    after: { ...message, sender: me },
    refused: ['forbidden', 'Communication.payload'],
  },
  {
    title: 'a message that was sent is recalled with its text',
    who: doctor(),
    before: { ...message, sender: me, payload: [{ contentString: 'x' }] },
    after: { ...message, sender: me, status: 'stopped', payload: undefined },
  },
  {
    title: 'a message that was sent is recalled with another text',
    who: doctor(),
    before: { ...message, sender: me, payload: [{ contentString: 'x' }] },
    after: { ...message, sender: me, status: 'stopped', payload: [{ contentString: 'y' }] },
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
const consent = {
  resourceType: 'Consent',
  status: 'active',
  scope: {},
  category: [{}],
  patient: self,
  performer: [self],
}

describe('the references that the caller must be able to see', () => {
  test('are those to persons, and what they share', () => {
    const encounter = to('Encounter/1')
    assert.deepEqual(
      mustSee(doctor(), undefined, { ...observation, encounter, performer: [to('Practitioner/other')] }).sort(),
      ['Observation.encounter', 'Observation.subject'],
    )
    const shared = { ...message, sender: me, payload: [{ contentReference: to('DocumentReference/1') }] }
    assert.deepEqual(mustSee(doctor(), undefined, shared), ['Communication.payload[0].content'])
    const replaced = { ...document, author: [me], relatesTo: [{ code: 'replaces', target: to('DocumentReference/1') }] }
    assert.ok(mustSee(doctor(), undefined, replaced).includes('DocumentReference.relatesTo[0].target'))
  })

  test('include what a Consent opens, and to whom', () => {
    const provision = {
      data: [{ meaning: 'instance', reference: to('DocumentReference/1') }],
      actor: [{ role: {}, reference: to('Practitioner/other') }],
    }
    assert.deepEqual(mustSee(patient(), undefined, { ...consent, provision }).sort(), [
      'Consent.patient',
      'Consent.performer[0]',
      'Consent.provision.actor[0].reference',
      'Consent.provision.data[0].reference',
    ])
  })

  test('include local Binaries', () => {
    const content = [{ attachment: { url: 'Binary/1' } }, { attachment: { url: 'https://elsewhere.org/Binary/1' } }]
    assert.deepEqual(mustSee(doctor(), undefined, { ...document, author: [me], content }), [
      'DocumentReference.subject',
      'DocumentReference.content[0].attachment.url',
    ])
  })

  test('are not asked for again when they stand there already', () => {
    assert.deepEqual(mustSee(doctor(), observation, { ...observation, status: 'amended' }), [])
  })

  test('are none for an administrator', () => {
    assert.deepEqual(mustSee(administrator(), undefined, observation), [])
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
    assert.deepEqual(judged({ who: doctor(), after: report }), [
      'unprocessable',
      'DiagnosticReport.presentedForm[0].url',
    ])
  })
})
