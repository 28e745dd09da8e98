import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FhirError } from '../../../src/fhir/error.ts'
import { applyJsonPatch } from '../../../src/fhir/json-patch.ts'
import { parseJson, stringifyJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const patient = () =>
  parseJson(
    '{"resourceType":"Patient","active":false,"name":[{"family":"Chalmers","given":["Peter","James"]}],"x/y":1,"m~n":2,"multipleBirthInteger":1}',
  ) as Resource

function patched(operations: unknown, resource = patient()): Record<string, unknown> {
  return applyJsonPatch(resource, operations)
}

function refusal(operations: unknown): FhirError {
  try {
    patched(operations)
  } catch (error) {
    assert.ok(error instanceof FhirError, String(error))
    return error
  }
  return assert.fail('accepted')
}

test('all six operations work, one after the other', () => {
  const result = patched([
    { op: 'test', path: '/active', value: false },
    { op: 'replace', path: '/active', value: true },
    { op: 'add', path: '/name/0/given/1', value: 'Paul' },
    { op: 'add', path: '/name/0/given/-', value: 'Last' },
    { op: 'copy', from: '/name/0/family', path: '/name/0/text' },
    { op: 'move', from: '/name/0/given/0', path: '/name/0/given/2' },
    { op: 'remove', path: '/multipleBirthInteger' },
  ])
  assert.equal(result.active, true)
  assert.deepEqual(result.name, [{ family: 'Chalmers', given: ['Paul', 'James', 'Peter', 'Last'], text: 'Chalmers' }])
  assert.ok(!('multipleBirthInteger' in result))
})

test('the given resource stays as it is', () => {
  const before = patient()
  patched(
    [
      { op: 'add', path: '/name/0/given/-', value: 'X' },
      { op: 'remove', path: '/name/0/family' },
    ],
    before,
  )
  assert.deepEqual(before, patient())
})

test('escaped keys are found', () => {
  const result = patched([
    { op: 'replace', path: '/x~1y', value: 3 },
    { op: 'remove', path: '/m~0n' },
  ])
  assert.deepEqual([result['x/y'], 'm~n' in result], [3, false])
})

test('decimals survive, and a test compares their values', () => {
  const operations = parseJson(
    '[{"op":"add","path":"/d","value":[1.50]},{"op":"test","path":"/d/0","value":1.5},{"op":"copy","from":"/d","path":"/e"}]',
  )
  assert.match(stringifyJson(patched(operations)), /"d":\[1\.50\],"e":\[1\.50\]/)
})

test('a test compares objects whatever the order of their members', () => {
  const name = { given: ['Peter', 'James'], family: 'Chalmers' }
  patched([{ op: 'test', path: '/name/0', value: name }])
  assert.equal(refusal([{ op: 'test', path: '/name/0', value: { ...name, use: 'usual' } }]).problem, 'unprocessable')
  assert.equal(refusal([{ op: 'test', path: '/name/0/given', value: ['James', 'Peter'] }]).problem, 'unprocessable')
})

test('what cannot be applied is refused with the index of the operation and the place', () => {
  const missing = refusal([
    { op: 'replace', path: '/active', value: true },
    { op: 'remove', path: '/name/0/period' },
  ])
  assert.equal(missing.problem, 'unprocessable')
  assert.match(missing.message, /^Operation 1 \(remove \/name\/0\/period\)/)
  assert.deepEqual(missing.issues[0]?.expression, ['Patient.name[0].period'])
  for (const operation of [
    { op: 'add', path: '/contact/0/name', value: {} },
    { op: 'add', path: '/name/2', value: {} },
    { op: 'add', path: '/name/01', value: {} },
    { op: 'add', path: '/active/x', value: 1 },
    { op: 'replace', path: '/name/-', value: {} },
    { op: 'replace', path: '/gender', value: 'male' },
    { op: 'remove', path: '/name/1' },
    { op: 'remove', path: '' },
    { op: 'move', from: '/name', path: '/name/0' },
    { op: 'copy', from: '/nothing', path: '/name' },
    { op: 'test', path: '/active', value: null },
    { op: 'replace', path: '', value: { resourceType: 'Observation' } },
    { op: 'replace', path: '', value: [] },
    { op: 'remove', path: '/toString' },
  ]) {
    assert.equal(refusal([operation]).problem, 'unprocessable', JSON.stringify(operation))
  }
})

test('what is no patch is malformed', () => {
  for (const patch of [
    null,
    {},
    [1],
    [{}],
    [{ op: 'increment', path: '/a' }],
    [{ op: 'add', path: '/a' }],
    [{ op: 'replace', path: 'active', value: 1 }],
    [{ op: 'remove' }],
    [{ op: 'copy', path: '/a' }],
    [{ op: 'remove', path: '/~2' }],
    [{ op: 'add', path: '/__proto__/admin', value: true }],
  ]) {
    assert.equal(refusal(patch).problem, 'malformed', JSON.stringify(patch))
  }
  assert.equal(({} as Record<string, unknown>).admin, undefined)
})

test('copies that double the resource again and again are refused', () => {
  const bomb = Array.from({ length: 64 }, () => ({ op: 'copy', from: '/name', path: '/name/0/name' }))
  assert.equal(refusal(bomb).problem, 'tooLarge')
  const wide = Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '', path: `/n${at}` }))
  assert.equal(refusal(wide).problem, 'tooLarge')
})
