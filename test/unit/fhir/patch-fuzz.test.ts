import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { applyJsonPatch } from '../../../src/fhir/json-patch.ts'
import { copyJson, parseJson, stringifyJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { anExample, anyJson, refusedOr, runs } from '../../support/fuzz.ts'

const { fhirPathPatch } = await loadDefinitions()

const key = fc.constantFrom(
  'name',
  'extension',
  '0',
  '1',
  '-',
  'given',
  'text',
  'div',
  'id',
  'status',
  '__proto__',
  'constructor',
  '~0',
  '~2',
  '',
)
const pointer = fc.oneof(
  fc.array(key, { maxLength: 4 }).map((keys) => keys.map((one) => `/${one}`).join('')),
  anyJson,
)
const operation = fc.oneof(
  fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path: pointer,
      from: pointer,
      value: anyJson,
    },
    { requiredKeys: ['op', 'path'] },
  ),
  anyJson,
)

test('any JSON Patch is applied or refused, and leaves what it was given as it was', () => {
  let applied = 0
  fc.assert(
    fc.property(anExample, fc.oneof(fc.array(operation, { maxLength: 4 }), anyJson), (resource, patch) => {
      const before = copyJson(resource)
      const after = refusedOr(() => applyJsonPatch(resource, patch))
      assert.deepEqual(resource, before)
      if (after instanceof FhirError) return
      applied++
      assert.equal(after.resourceType, resource.resourceType)
      assert.deepEqual(parseJson(stringifyJson(after)), parseJson(stringifyJson(copyJson(after))))
    }),
    runs(1_500),
  )
  assert.ok(applied > 0)
})

test('a JSON Patch that adds and removes again changes nothing', () => {
  fc.assert(
    fc.property(anExample, anyJson, (resource, value) => {
      const patch = [
        { op: 'add', path: '/added', value },
        { op: 'test', path: '/added', value },
        { op: 'move', from: '/added', path: '/moved' },
        { op: 'remove', path: '/moved' },
      ]
      assert.deepEqual(applyJsonPatch(resource, patch), resource)
    }),
    runs(200),
  )
})

const path = fc.oneof(
  fc.constantFrom(
    'name',
    'name.given',
    'extension',
    'text.div',
    'status',
    '(',
    'name[',
    '1 +',
    '%x',
    "'a'",
    'repeat(children())',
    'contained',
  ),
  fc.string({ maxLength: 12 }),
)
const part = fc.oneof(
  fc.record({
    name: fc.constant('type'),
    valueCode: fc.constantFrom('add', 'insert', 'delete', 'replace', 'move', 'x'),
  }),
  fc
    .tuple(anExample, path)
    .map(([{ resourceType }, rest]) => ({ name: 'path', valueString: `${resourceType}.${rest}` })),
  path.map((valueString) => ({ name: 'path', valueString })),
  fc.constantFrom('name', 'index', 'source', 'destination').map((name) => ({ name, valueInteger: 0 })),
  fc.constantFrom('name', 'family').map((valueString) => ({ name: 'name', valueString })),
  anyJson.map((valueString) => ({ name: 'value', valueString })),
  anyJson,
)
const parameters = fc.record({
  resourceType: fc.constant('Parameters'),
  parameter: fc.oneof(
    fc.array(fc.record({ name: fc.constant('operation'), part: fc.array(part, { maxLength: 5 }) }), { maxLength: 3 }),
    anyJson,
  ),
})

test('any FHIRPath Patch is applied or refused, and leaves what it was given as it was', async () => {
  await fc.assert(
    fc.asyncProperty(anExample, parameters, async (resource, patch) => {
      const before = copyJson(resource)
      try {
        await fhirPathPatch(resource, patch as unknown as Resource)
      } catch (error) {
        if (!(error instanceof FhirError)) throw error
      }
      assert.deepEqual(resource, before)
    }),
    runs(300),
  )
})
