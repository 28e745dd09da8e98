import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Definitions } from '../../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Body } from '../../../src/interactions/interaction.ts'
import type { ParameterTable } from '../../../src/interactions/operation-parameters.ts'
import { readParameters } from '../../../src/interactions/read-parameters.ts'

let definitions: Definitions
before(async () => {
  definitions = await loadDefinitions()
})

const table: ParameterTable = {
  start: { type: 'date' },
  kind: { type: 'code', max: Infinity },
  deep: { type: 'boolean' },
  most: { type: 'integer' },
  coding: { type: 'Coding' },
  concept: { type: 'CodeableConcept' },
}

const json = (value: unknown): Body => ({ kind: 'json', value, contentType: 'application/fhir+json' })
const sent = (...parameter: unknown[]) => json({ resourceType: 'Parameters', parameter })

function read(query: string, body: Body = { kind: 'none' }, parameters = table) {
  return readParameters({ definitions, parameters, query: new URLSearchParams(query), body })
}

function refusal(query: string, body?: Body, parameters = table) {
  let refused: unknown
  assert.throws(
    () => read(query, body, parameters),
    (error) => ((refused = error), error instanceof FhirError && error.status === 400),
  )
  return (refused as FhirError).issues[0]!.expression
}

describe('parameters of an operation', () => {
  test('are read from the query as their types say', () => {
    const given = read('start=2024-05&kind=a&kind=b&deep=false&most=7&_format=json')
    assert.equal(given.text('start'), '2024-05')
    assert.deepEqual(given.texts('kind'), ['a', 'b'])
    assert.equal(given.flag('deep'), false)
    assert.equal(given.number('most'), 7)
    assert.equal(given.has('coding'), false)
    assert.deepEqual(read('coding=http://loinc.org|1').element('coding'), { system: 'http://loinc.org', code: '1' })
  })

  test('are read from a Parameters resource, complex ones as well', () => {
    const coding = { system: 'http://loinc.org', code: '1' }
    const given = read(
      '',
      sent(
        { name: 'start', valueDate: '2024-05' },
        { name: 'deep', valueBoolean: true },
        { name: 'coding', valueCoding: coding },
      ),
    )
    assert.equal(given.text('start'), '2024-05')
    assert.equal(given.flag('deep'), true)
    assert.deepEqual(given.element('coding'), coding)
    assert.equal(given.place('deep'), 'Parameters.parameter[1].value')
  })

  test('come together from the query and the body of a POST', () => {
    const given = read('kind=a', sent({ name: 'kind', valueCode: 'b' }))
    assert.deepEqual(given.texts('kind'), ['a', 'b'])
  })

  test('are refused where they stand: unknown, of another type, too often, missing', () => {
    assert.deepEqual(refusal('foo=1'), ['foo'])
    assert.deepEqual(refusal('start=yesterday'), ['start'])
    assert.deepEqual(refusal('deep=1'), ['deep'])
    assert.deepEqual(refusal('most=1e9'), ['most'])
    assert.deepEqual(refusal('concept=a'), ['concept'])
    assert.deepEqual(refusal('start=2024&start=2025'), ['start'])
    assert.deepEqual(refusal('__proto__=1'), ['__proto__'])
    assert.deepEqual(refusal('constructor=1'), ['constructor'])
    assert.deepEqual(refusal('', sent({ name: 'kind', valueCode: 'a' }, { name: 'foo', valueCode: 'a' })), [
      'Parameters.parameter[1].name',
    ])
    assert.deepEqual(refusal('', sent({ name: 'start', valueBoolean: true })), ['Parameters.parameter[0].value'])
    assert.deepEqual(refusal('', sent({ name: 'start', valueString: '2024-05' })), ['Parameters.parameter[0].value'])
    assert.deepEqual(refusal('', sent({ name: 'start', valueDate: '2024-13' })), ['Parameters.parameter[0].value'])
    assert.deepEqual(refusal('', { kind: 'none' }, { must: { type: 'code', min: 1 } }), ['must'])
  })

  test('are refused in a body that is no Parameters resource, or a broken one', () => {
    assert.deepEqual(refusal('', json({ resourceType: 'Patient' })), ['Parameters.resourceType'])
    assert.deepEqual(refusal('', json([])), ['Parameters'])
    assert.ok(refusal('', json({ resourceType: 'Parameters', parameter: 'x' })))
    assert.ok(refusal('', sent(null)))
    assert.ok(refusal('', sent({ name: 'coding', valueCoding: { code: 5 } })))
  })

  test('a resource is the body itself where an operation takes exactly one', () => {
    const parameters: ParameterTable = { resource: { resource: 'Resource' }, mode: { type: 'code' } }
    const patient = { resourceType: 'Patient', name: 5 }
    const direct = read('mode=create', json(patient), parameters)
    assert.deepEqual([direct.resource('resource'), direct.text('mode')], [patient, 'create'])
    const wrapped = read('', sent({ name: 'resource', resource: patient }), parameters)
    assert.deepEqual(wrapped.resource('resource'), patient)
    assert.equal(wrapped.place('resource'), 'Parameters.parameter[0].resource')
    assert.deepEqual(refusal('', json(patient), { valueSet: { resource: 'ValueSet' } }), ['Patient'])
  })
})
