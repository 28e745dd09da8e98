import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  instantOf,
  isDate,
  isDateTime,
  isInstant,
  isTime,
  periodRange,
  timeRange,
} from '../../../src/fhir/date-time.ts'

const range = (text: string) => timeRange(text)?.map((ms) => new Date(ms).toISOString())

test('a date covers all the time that its precision leaves open', () => {
  const cases: Record<string, [string, string]> = {
    '2023': ['2023-01-01T00:00:00.000Z', '2024-01-01T00:00:00.000Z'],
    '2023-12': ['2023-12-01T00:00:00.000Z', '2024-01-01T00:00:00.000Z'],
    '2024-02-29': ['2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    '2023-01-01T10:00': ['2023-01-01T10:00:00.000Z', '2023-01-01T10:01:00.000Z'],
    '2023-01-01T10:00:05': ['2023-01-01T10:00:05.000Z', '2023-01-01T10:00:06.000Z'],
    '2023-01-01T10:00:05.5Z': ['2023-01-01T10:00:05.500Z', '2023-01-01T10:00:05.600Z'],
    '2023-01-01T10:00:05.123Z': ['2023-01-01T10:00:05.123Z', '2023-01-01T10:00:05.124Z'],
    '2023-01-01T10:00:05.123456Z': ['2023-01-01T10:00:05.123Z', '2023-01-01T10:00:05.124Z'],
    '2016-12-31T23:59:60Z': ['2017-01-01T00:00:00.000Z', '2017-01-01T00:00:01.000Z'],
    '0050': ['0050-01-01T00:00:00.000Z', '0051-01-01T00:00:00.000Z'],
  }
  for (const [text, expected] of Object.entries(cases)) assert.deepEqual(range(text), expected, text)
})

test('a zone moves the range', () => {
  assert.deepEqual(range('2023-01-01T00:30:00+02:00'), ['2022-12-31T22:30:00.000Z', '2022-12-31T22:30:01.000Z'])
  assert.deepEqual(range('2023-01-01T23:30:00-05:30'), ['2023-01-02T05:00:00.000Z', '2023-01-02T05:00:01.000Z'])
})

test('what no calendar or clock has is no date', () => {
  for (const text of [
    '2023-02-30',
    '2023-02-29',
    '2023-13',
    '2023-00',
    '2023-01-00',
    '0000',
    '23',
    '2023-1-1',
    '2023-01-01T',
    '2023-01-01T24:00:00Z',
    '2023-01-01T10:60:00Z',
    '2023-01-01T10:00:61Z',
    '2023-01-01T10Z',
    '2023-01-01T10:00:00+15:00',
    '2023-01-01T10:00:00+02:60',
    '2023-01Z',
    '',
    ' 2023',
  ]) {
    assert.equal(timeRange(text), undefined, text)
  }
})

test('each type asks for its own precision', () => {
  const accepted = (is: (text: string) => boolean) =>
    [
      '2023',
      '2023-05',
      '2023-05-06',
      '2023-05-06T10:00Z',
      '2023-05-06T10:00:00',
      '2023-05-06T10:00:00Z',
      '2023-05-06T10:00:00.25+01:00',
    ].filter(is)
  assert.deepEqual(accepted(isDate), ['2023', '2023-05', '2023-05-06'])
  assert.deepEqual(accepted(isDateTime), [
    '2023',
    '2023-05',
    '2023-05-06',
    '2023-05-06T10:00:00Z',
    '2023-05-06T10:00:00.25+01:00',
  ])
  assert.deepEqual(accepted(isInstant), ['2023-05-06T10:00:00Z', '2023-05-06T10:00:00.25+01:00'])
  assert.deepEqual(['10:00:00', '23:59:59.9', '24:00:00', '10:00', '10:00:00Z'].map(isTime), [
    true,
    true,
    false,
    false,
    false,
  ])
  assert.ok(!isDate('2023-02-30') && !isDateTime('2023-02-30T10:00:00Z') && !isInstant('2023-02-30T10:00:00Z'))
})

test('a period runs from the start of its start to the end of its end, and may be open', () => {
  assert.deepEqual(periodRange('2023-01', '2023-01-31'), timeRange('2023-01'))
  assert.deepEqual(periodRange('2023', undefined), [Date.UTC(2023, 0), Infinity])
  assert.deepEqual(periodRange(undefined, '2023'), [-Infinity, Date.UTC(2024, 0)])
  assert.equal(periodRange(undefined, undefined), undefined)
  assert.equal(periodRange('yesterday', '2023'), undefined)
})

test('an instant is written in UTC with milliseconds', () => {
  assert.equal(instantOf(Date.UTC(2026, 10, 22, 10, 0, 0, 7)), '2026-11-22T10:00:00.007Z')
})
