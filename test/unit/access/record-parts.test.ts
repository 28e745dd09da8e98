import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datingColumn, relatingParameters } from '../../../src/access/record-parts.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'

const definitions = await loadDefinitions()

test('data is dated by when it was written, or else by what it is about', () => {
  const dated = {
    ...{ Observation: 'date', MedicationRequest: 'authoredon', Condition: 'recorded_date', Procedure: 'date' },
    ...{ MedicationDispense: 'whenprepared', ImagingStudy: 'started', Encounter: 'date', Medication: undefined },
  }
  for (const [type, column] of Object.entries(dated)) assert.equal(datingColumn(definitions, type), column, type)
})

test('a parameter of another package has no column to be dated by', () => {
  const date = { ...definitions.searchParameter('Observation', 'date')!, url: 'https://example.org/date' }
  assert.equal(
    datingColumn({ searchParameter: (_type, code) => (code === 'date' ? date : undefined) }, 'Observation'),
    undefined,
  )
})

test('data belongs to encounters, care plans and episodes of care', () => {
  assert.deepEqual(relatingParameters(definitions, 'Encounter').toSorted(), ['episode-of-care', 'part-of'])
  assert.deepEqual(relatingParameters(definitions, 'Goal'), [])
  assert.ok(relatingParameters(definitions, 'Observation').includes('encounter'))
  assert.ok(relatingParameters(definitions, 'ServiceRequest').includes('based-on'))
})
