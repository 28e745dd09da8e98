import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'

const definitions = await loadDefinitions()

test('every reference is found with its FHIRPath and the types that it may name', () => {
  const found = definitions.references({
    resourceType: 'Communication',
    status: 'completed',
    subject: { reference: 'Patient/1' },
    recipient: [{ reference: 'Practitioner/1' }, { reference: 'Practitioner/2' }],
    payload: [{ contentString: 'see' }, { contentReference: { reference: 'DocumentReference/1' } }],
    note: [{ authorReference: { reference: 'Practitioner/3' }, text: 'x' }],
    extension: [{ url: 'u', extension: [{ url: 'v', valueReference: { reference: 'Basic/1' } }] }],
    _status: { extension: [{ url: 'w', valueReference: { reference: 'Basic/2' } }] },
    contained: [{ resourceType: 'Patient', managingOrganization: { reference: 'Organization/1' } }],
  })
  assert.deepEqual(Object.fromEntries(found.map(({ path, reference }) => [path, reference.reference])), {
    'Communication.subject': 'Patient/1',
    'Communication.recipient[0]': 'Practitioner/1',
    'Communication.recipient[1]': 'Practitioner/2',
    'Communication.payload[1].content': 'DocumentReference/1',
    'Communication.note[0].author': 'Practitioner/3',
    'Communication.extension[0].extension[0].value': 'Basic/1',
    'Communication.status.extension[0].value': 'Basic/2',
  })
  assert.deepEqual(found.find(({ path }) => path === 'Communication.subject')?.targets, ['Patient', 'Group'])
  assert.deepEqual(found.find(({ path }) => path === 'Communication.payload[1].content')?.targets, [])
})

test('a found reference is the object itself, so that it can be rewritten', () => {
  const resource = { resourceType: 'Observation', subject: { reference: 'urn:uuid:1' } }
  definitions.references(resource)[0]!.reference.reference = 'Patient/1'
  assert.equal(resource.subject.reference, 'Patient/1')
})

test('identifiers inside references and resources inside Bundles are no references of the resource', () => {
  assert.deepEqual(
    definitions.references({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: { resourceType: 'Observation', subject: { reference: 'Patient/1' } } }],
    }),
    [],
  )
  const assigned = { resourceType: 'Patient', identifier: [{ value: '1', assigner: { reference: 'Organization/1' } }] }
  assert.deepEqual(
    definitions.references(assigned).map(({ path }) => path),
    ['Patient.identifier[0].assigner'],
  )
})

test('attachments are found wherever the type or an extension holds them', () => {
  const paths = (resource: { resourceType: string; [element: string]: unknown }) =>
    definitions.attachments(resource).map(({ path }) => path)
  const attachment = { contentType: 'text/plain', url: 'Binary/1' }
  assert.deepEqual(paths({ resourceType: 'DocumentReference', content: [{ attachment }, { attachment }] }), [
    'DocumentReference.content[0].attachment',
    'DocumentReference.content[1].attachment',
  ])
  assert.deepEqual(paths({ resourceType: 'Communication', payload: [{ contentAttachment: attachment }] }), [
    'Communication.payload[0].content',
  ])
  assert.deepEqual(paths({ resourceType: 'Patient', extension: [{ url: 'u', valueAttachment: attachment }] }), [
    'Patient.extension[0].value',
  ])
})
