import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resourceTypes } from '../../../migrations/resource-types.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'

const definitions = await loadDefinitions()

test('the tables that the first migration makes are those of the types that have an endpoint', () => {
  assert.deepEqual(Object.keys(resourceTypes).sort(), [...definitions.resourceTypes].sort())
})

test('every date parameter of R4 has its columns', () => {
  for (const type of definitions.resourceTypes) {
    const dates = definitions
      .searchParameters(type)
      .filter((parameter) => parameter.type === 'date' && !parameter.code.startsWith('_'))
      .filter(({ url }) => url.startsWith('http://hl7.org/fhir/SearchParameter/'))
      .map(({ code }) => code)
    const columns = resourceTypes[type]!.split(' ').filter((code) => code !== '')
    assert.deepEqual(columns.toSorted(), dates.sort(), type)
  }
})
