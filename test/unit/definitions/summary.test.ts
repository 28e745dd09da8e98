import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Definitions } from '../../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

let definitions: Definitions
before(async () => {
  definitions = await loadDefinitions()
})

function summary(resource: object): object {
  return definitions.summary(resource as Resource)
}

const extension = [{ url: 'http://example.org/x', valueString: 'x' }]

test('a summary holds what the definition of the type marks, also below its elements, and what is mandatory', () => {
  const observation = {
    resourceType: 'Observation',
    id: '1',
    meta: { versionId: '1' },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
    contained: [{ resourceType: 'Patient', id: 'p' }],
    extension,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '1' }], text: 'a code' },
    note: [{ text: 'a note' }],
    referenceRange: [{ text: 'normal' }],
    component: [
      {
        id: 'c1',
        extension,
        modifierExtension: extension,
        code: { text: 'part' },
        valueQuantity: { value: 1, unit: 'mg', extension },
        interpretation: [{ text: 'high' }],
        referenceRange: [{ text: 'normal' }],
      },
    ],
  }
  const { text: _, contained: __, extension: ___, note: ____, referenceRange: _____, component, ...kept } = observation
  const { id: ______, extension: _______, interpretation: ________, referenceRange: _________, ...part } = component[0]!
  assert.deepEqual(summary(observation), { ...kept, component: [part] })
})

test('of a data type everything is in the summary but the data of an attachment', () => {
  const attachment = { contentType: 'text/plain', data: 'aGk=', title: 'hello', extension }
  const { data: _, ...known } = attachment
  const document = {
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment, format: { code: 'x' } }],
    context: { period: { start: '2020' }, related: [{ reference: 'Patient/1' }] },
  }
  assert.deepEqual(summary(document), {
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment: known, format: { code: 'x' } }],
    context: { period: { start: '2020' } },
  })
  const photo = { resourceType: 'Patient', name: [{ family: 'A', extension }], photo: [attachment] }
  assert.deepEqual(summary(photo), { resourceType: 'Patient', name: [{ family: 'A', extension }] })
})

test('a primitive and its extensions stay or go together, and modifier extensions always stay', () => {
  const patient = {
    resourceType: 'Patient',
    modifierExtension: extension,
    birthDate: '2000-01-01',
    _birthDate: { extension },
    multipleBirthBoolean: true,
    _multipleBirthBoolean: { extension },
  }
  const { multipleBirthBoolean: _, _multipleBirthBoolean: __, ...kept } = patient
  assert.deepEqual(summary(patient), kept)
})
