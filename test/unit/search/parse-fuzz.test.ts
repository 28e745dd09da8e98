import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FhirError } from '../../../src/fhir/error.ts'
import { aMutant, refusedOr, runs } from '../../support/fuzz.ts'
import { definitions, parse, search } from './search-parts.ts'

const types = ['Patient', 'Observation', 'DocumentReference', 'Group', 'ValueSet', 'Location']
const codes = [...new Set(types.flatMap((type) => definitions.searchParameters(type).map(({ code }) => code)))]
const results = [
  '_sort',
  '_count',
  '_total',
  '_summary',
  '_elements',
  '_include',
  '_revinclude',
  '_include:iterate',
  '_cursor',
]
const modifiers = [
  'exact',
  'contains',
  'missing',
  'not',
  'identifier',
  'Patient',
  'above',
  'below',
  'text',
  'of-type',
  'in',
  'x',
  '',
]

const code = fc.constantFrom(...codes, 'constructor', '__proto__', 'x')
const link = fc.oneof(
  code.map((head) => `${head}.`),
  fc.tuple(code, fc.constantFrom(...types)).map(([head, type]) => `${head}:${type}.`),
  fc.tuple(fc.constantFrom(...types), code).map(([type, head]) => `_has:${type}:${head}:`),
)
const last = fc.oneof(
  code,
  fc.tuple(code, fc.constantFrom(...modifiers)).map(([name, modifier]) => `${name}:${modifier}`),
  fc.constantFrom(...results),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const name = fc.tuple(fc.array(link, { maxLength: 3 }), last).map(([links, end]) => links.join('') + end)

const token = fc.oneof(
  fc.constantFrom(
    '|',
    ',',
    '$',
    '\\',
    '\\,',
    '-',
    ' ',
    'a',
    'http://loinc.org|1',
    'urn:uuid:1',
    'Patient/1',
    '#a',
    '%',
    '*',
  ),
  fc.constantFrom(
    'eq',
    'ne',
    'gt',
    'lt',
    'ge',
    'le',
    'sa',
    'eb',
    'ap',
    '2020',
    '2020-02-30',
    '9999-12-31',
    '-1',
    '1e400',
    '0.10',
  ),
  fc.constantFrom(
    'true',
    'false',
    'count',
    'accurate',
    'Patient:link',
    'Observation:subject',
    'name',
    'birthdate',
    ...codes,
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const value = fc.array(token, { maxLength: 5 }).map((tokens) => tokens.join(''))
const query = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 })

test('any query is read or refused, and what was used of it is read again as the same', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.constantFrom(...types), query, fc.boolean(), (type, pairs, lenient) => {
      const asked = new URLSearchParams(pairs).toString()
      const request = refusedOr(() => parse(type, asked, lenient))
      if (request instanceof FhirError) {
        assert.ok(request.status === 400 || request.status === 404, `${request.status}`)
        return
      }
      accepted++
      const used = new URLSearchParams(request.used.map(([used, text]): [string, string] => [used, text])).toString()
      assert.deepEqual(parse(type, used).used, request.used)
    }),
    runs(2_000),
  )
  assert.ok(accepted > 100)
})

test('index values are taken from any resource that validation accepts', () => {
  fc.assert(
    fc.property(aMutant, (resource) => {
      if (definitions.validate(resource).some(({ severity }) => severity === 'error' || severity === 'fatal')) return
      search.extract(resource, 'a')
    }),
    runs(300),
  )
})
