import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { parseJson, stringifyJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const { fhirPathPatch } = await loadDefinitions()

type Part = { name: string; [value: string]: unknown }

/** An operation of a Parameters; numbers become valueInteger, texts what the part is made of. */
function operation(type: string, path: string, ...more: Part[]) {
  return {
    name: 'operation',
    part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...more],
  }
}

const patched = (resource: Resource, ...operations: object[]) =>
  fhirPathPatch(resource, { resourceType: 'Parameters', parameter: operations })
const name = (valueString: string): Part => ({ name: 'name', valueString })
const at = (index: number): Part => ({ name: 'index', valueInteger: index })
const value = (more: object): Part => ({ name: 'value', ...more })

const patient: Resource = {
  resourceType: 'Patient',
  id: 'p',
  deceasedBoolean: false,
  name: [
    { use: 'official', family: 'A', given: ['x', 'y'], _given: [null, { id: 'g' }] },
    { use: 'usual', given: ['z'] },
  ],
  birthDate: '1970',
}

describe('a FHIRPath Patch', () => {
  test('finds elements by conditions, functions and types', async () => {
    const changed = await patched(
      patient,
      operation('replace', "Patient.name.where(use = 'official').family", value({ valueString: 'B' })),
      operation('replace', 'Patient.name.last().given.first()', value({ valueString: 'Z' })),
      operation('delete', 'Patient.deceased.ofType(boolean)'),
    )
    assert.equal((changed['name'] as { family: string }[])[0]!.family, 'B')
    assert.deepEqual((changed['name'] as { given: string[] }[])[1]!.given, ['Z'])
    assert.ok(!('deceasedBoolean' in changed))
    assert.equal(patient['deceasedBoolean'], false, 'the given one stays as it is')
  })

  test('names a choice by its element and writes it by the type of the value', async () => {
    const replaced = await patched(
      patient,
      operation('replace', 'Patient.deceased', value({ valueDateTime: '2020-01-02' })),
    )
    assert.equal(replaced['deceasedDateTime'], '2020-01-02')
    assert.ok(!('deceasedBoolean' in replaced))
    const { deceasedBoolean: _, ...alive } = patient
    const added = await patched(
      alive as Resource,
      operation('add', 'Patient', name('deceased'), value({ valueBoolean: true })),
    )
    assert.equal(added['deceasedBoolean'], true)
  })

  test('keeps what stands beside primitives with them', async () => {
    const inserted = await patched(
      patient,
      operation('insert', 'Patient.name[0].given', at(0), value({ valueString: 'w', _valueString: { id: 'n' } })),
    )
    const [first] = inserted['name'] as Record<string, unknown>[]
    assert.deepEqual(first!['given'], ['w', 'x', 'y'])
    assert.deepEqual(first!['_given'], [{ id: 'n' }, null, { id: 'g' }])
    const extended = await patched(
      patient,
      operation(
        'add',
        'Patient.birthDate',
        name('extension'),
        value({ valueExtension: { url: 'urn:u', valueCode: 'c' } }),
      ),
    )
    assert.deepEqual(extended['_birthDate'], { extension: [{ url: 'urn:u', valueCode: 'c' }] })
    const shorter = await patched(patient, operation('delete', 'Patient.name[0].given[1]'))
    const [left] = shorter['name'] as Record<string, unknown>[]
    assert.deepEqual([left!['given'], left!['_given']], [['x'], undefined])
  })

  test('builds elements that have no type of their own from their parts, and takes whole resources', async () => {
    const parts = [
      { name: 'name', valueHumanName: { text: 'N' } },
      { name: 'telecom', valueContactPoint: { value: '1' } },
      { name: 'telecom', valueContactPoint: { value: '2' } },
    ]
    const added = await patched(
      patient,
      operation('add', 'Patient', name('contact'), value({ part: parts })),
      operation('add', 'Patient', name('contained'), value({ resource: { resourceType: 'Organization', id: 'o' } })),
    )
    assert.deepEqual(added['contact'], [{ name: { text: 'N' }, telecom: [{ value: '1' }, { value: '2' }] }])
    assert.deepEqual(added['contained'], [{ resourceType: 'Organization', id: 'o' }])
  })

  test('leaves exact decimals as they are', async () => {
    const text = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.00},"code":{"text":"c"}}'
    const changed = await patched(
      parseJson(text) as Resource,
      operation('replace', "Observation.code.where(text = 'c').text", value({ valueString: 'd' })),
    )
    assert.match(stringifyJson(changed), /"value":1\.00/)
  })

  const refused: [title: string, operation: object, status: number][] = [
    ['what is no operation', { name: 'op' }, 400],
    ['an unknown type', operation('copy', 'Patient'), 400],
    ['a path that is none', operation('delete', 'Patient.name['), 422],
    ['a path that computes', operation('delete', 'Patient.name.count() + 1'), 422],
    ['a path with a function that does not select', operation('delete', "Patient.name.matches('(a+)+$')"), 422],
    ['a path that recurses', operation('delete', 'Patient.descendants().first()'), 422],
    ['a path that leaves the resource', operation('delete', 'Patient.link.other.resolve()'), 422],
    ['a path to a constant of the environment', operation('delete', '%resource.name'), 422],
    ['a path deeper than a person writes', operation('delete', '('.repeat(5_000)), 422],
    ['several elements where one is meant', operation('delete', 'Patient.name.given'), 422],
    ['a replacement of nothing', operation('replace', 'Patient.gender', value({ valueCode: 'male' })), 422],
    ['a replacement of the whole', operation('replace', 'Patient', value({ resource: patient })), 422],
    ['adding what is there', operation('add', 'Patient', name('birthDate'), value({ valueDate: '1971' })), 422],
    ['adding beside a choice', operation('add', 'Patient', name('deceased'), value({ valueDateTime: '1971' })), 422],
    ['an element that there is not', operation('add', 'Patient', name('colour'), value({ valueCode: 'red' })), 422],
    ['no value', operation('add', 'Patient', name('gender')), 422],
    ['two values', operation('add', 'Patient', name('gender'), value({ valueCode: 'a', valueString: 'b' })), 422],
    ['an index behind the end', operation('insert', 'Patient.name', at(3), value({ valueHumanName: {} })), 422],
    ['an index that is no number', operation('insert', 'Patient.name', value({ valueHumanName: {} })), 422],
    ['a list that is none', operation('insert', 'Patient.birthDate', at(0), value({ valueDate: '1970' })), 422],
    ['a list with a condition at its end', operation('move', 'Patient.name.first()', at(0)), 422],
  ]
  for (const [title, wrong, status] of refused) {
    test(`refuses ${title}`, async () => {
      await assert.rejects(patched(patient, wrong), (error) => error instanceof FhirError && error.status === status)
    })
  }

  test('deletes what is not there without a word', async () => {
    assert.deepEqual(await patched(patient, operation('delete', 'Patient.gender')), patient)
  })

  test('refuses more work than a request may cost', async () => {
    const many = Array.from({ length: 1_001 }, () => operation('delete', 'Patient.gender'))
    await assert.rejects(patched(patient, ...many), { status: 413 })
    const large: Resource = { resourceType: 'Patient', name: [{ text: 'x'.repeat(1_000_000) }] }
    await assert.rejects(patched(large, ...many.slice(0, 500)), { status: 413 })
  })
})
