import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { finds } from './search-parts.ts'

const at = (effectiveDateTime: string): Resource => ({ resourceType: 'Observation', effectiveDateTime })
const during = (start?: string, end?: string): Resource => ({
  resourceType: 'Observation',
  effectivePeriod: { start, end },
})

function table(rows: readonly (readonly [stored: Resource, query: string, found: boolean])[]): void {
  for (const [stored, query, found] of rows) {
    assert.equal(finds(`date=${query}`, stored), found, `${JSON.stringify(stored)} by ${query} is to be ${found}`)
  }
}

test('the examples of the specification', () => {
  const openFromMarch = during('2013-03-15')
  const openFromJanuary = during('2013-01-21')
  const untilJanuary = during(undefined, '2013-01-21')
  table([
    [at('2013-01-14T00:00:00Z'), 'eq2013-01-14', true],
    [at('2013-01-14T10:00:00Z'), 'eq2013-01-14', true],
    [at('2013-01-15T00:00:00Z'), 'eq2013-01-14', false],
    [at('2013-01-15T00:00:00Z'), 'ne2013-01-14', true],
    [at('2013-01-14T00:00:00Z'), 'ne2013-01-14', false],
    [at('2013-01-14'), 'lt2013-01-14T10:00', true],
    [at('2013-01-14'), 'gt2013-01-14T10:00', true],
    [openFromJanuary, 'ge2013-03-14', true],
    [openFromJanuary, 'le2013-03-14', true],
    [openFromMarch, 'sa2013-03-14', true],
    [openFromJanuary, 'sa2013-03-14', false],
    [untilJanuary, 'sa2013-03-14', false],
    [openFromMarch, 'eb2013-03-14', false],
    [openFromJanuary, 'eb2013-03-14', false],
    [untilJanuary, 'eb2013-03-14', true],
    [at('2013-03-14'), 'ap2013-03-14', true],
  ])
})

test('a value is equal when the range asked for contains it whole, not when they merely overlap', () => {
  table([
    [at('1980'), '1980', true],
    [at('1980-05-11'), '1980', true],
    [at('1980'), '1980-05', false],
    [during('1980-05-16', '1980-05-17'), '1980-05', true],
    [during('1980-05-16', '1980-06-17'), '1980-05', false],
    [during('1980-05-16', '1980-05-17'), '1980-05-16T16:32:15.500', false],
  ])
})

test('what begins or ends within a millisecond is told apart', () => {
  const instant = at('1980-05-11T16:32:15.500Z')
  table([
    [instant, 'lt1980-05-11T16:32:15.500', false],
    [instant, 'lt1980-05-11T16:32:15.5000001', true],
    [instant, 'ge1980-05-11T16:32:15.4999999', true],
    [instant, 'le1980-05-11T16:32:15.4999999', false],
    [instant, '1980-05-11T16:32:15.5000001', false],
    [instant, 'gt1980-05-11T16:32:15.5000001', false],
    [instant, 'eb1980-05-11T16:32:15.5000001', true],
    [at('1979-12-31'), 'eb1979-12-31T23:59:59.9999999', false],
    [at('1979-12-31'), 'gt1979-12-31T23:59:59.9999999', false],
  ])
})

test('times are compared across zones, and a plus sign that became a space is a plus sign', () => {
  table([
    [at('2020-02-03T10:00:00Z'), '2020-02-03T11:00:00%2B01:00', true],
    [at('2020-02-03T10:00:00Z'), '2020-02-03T11:00:00+01:00', true],
    [at('2020-02-03T23:30:00-05:00'), 'ge2020-02-04T04:30:00Z', true],
    [at('2020-02-03T23:30:00-05:00'), 'gt2020-02-04T04:30:00Z', false],
  ])
})

test('a Timing without outer limits is a value, though no date finds it', () => {
  const resource: Resource = { resourceType: 'Observation', effectiveTiming: { repeat: { frequency: 2 } } }
  assert.equal(finds('date:missing=false', resource), true)
  assert.equal(finds('date=ge1900', resource), false)
})

test('a date that is asked for is that day where the time was written down, and so are months and years', () => {
  const newYear = at('2024-01-01T00:00:00+01:00')
  const evening = at('2020-02-03T23:30:00-05:00')
  table([
    [newYear, '2024', true],
    [newYear, '2024-01-01', true],
    [newYear, '2023-12-31', false],
    [newYear, 'ge2024-01', true],
    [newYear, 'lt2024', false],
    [newYear, '2023-12-31T23:00:00Z', true],
    [evening, '2020-02-03', true],
    [evening, '2020-02-04', false],
    [evening, 'ne2020-02-03', false],
    [evening, 'gt2020-02-03', false],
    [evening, 'eb2020-02-04', true],
    [evening, 'sa2020-02-03', false],
    [at('2020-02-03'), '2020-02-03', true],
    [during('2020-02-03T20:00:00-11:00', '2020-02-03T23:00:00-11:00'), '2020-02-03', true],
    [during('2020-02-03T20:00:00+14:00'), 'ge2020-02-03', true],
    [during('2020-02-03T00:30:00+14:00'), 'sa2020-02-02', true],
    [during(undefined, '2020-02-03T23:00:00-12:00'), 'eb2020-02-04', true],
  ])
})

test('each of several times has its own zone', () => {
  const resource: Resource = {
    resourceType: 'MedicationRequest',
    dosageInstruction: [
      { timing: { event: ['2020-01-01T01:00:00+05:00'] } },
      { timing: { event: ['2022-01-01T23:00:00-05:00'] } },
    ],
  }
  for (const [query, found] of [
    ['2020-01-01', true],
    ['2019-12-31', false],
    ['2022-01-01', true],
    ['2022-01-02', false],
  ] as const)
    assert.equal(finds(`date=${query}`, resource), found, query)
})

test('of a Timing only the outer limits matter', () => {
  const resource: Resource = {
    resourceType: 'Observation',
    effectiveTiming: { event: ['2013-01-31', '2013-03-24'], repeat: { frequency: 1, period: 2, periodUnit: 'd' } },
  }
  table([
    [resource, 'ge2013-03', true],
    [resource, '2013', true],
    [resource, '2013-02', false],
    [resource, 'sa2013-01-30', true],
    [resource, 'eb2013-03-24', false],
  ])
})

test('each of several dates is found on its own, not what lies between them', () => {
  const resource: Resource = {
    resourceType: 'MedicationRequest',
    dosageInstruction: [{ timing: { event: ['2020-01-01'] } }, { timing: { event: ['2022-01-01'] } }],
  }
  assert.equal(finds('date=2020', resource), true)
  assert.equal(finds('date=2022-01-01', resource), true)
  assert.equal(finds('date=ge2021&date=lt2022', resource), true)
  assert.equal(finds('date=2021', resource), false)
  assert.equal(finds('date:missing=false', resource), true)
})
