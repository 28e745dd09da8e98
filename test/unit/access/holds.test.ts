import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { holds } from '../../../src/access/holds.ts'
import { all, and, type Clause, none, not, or } from '../../../src/search/clause.ts'
import type { IndexValues } from '../../../src/search/index-values.ts'

const row: IndexValues = {
  pat: 7n,
  keys: [1n, 2n],
  fkeys: [3n],
  akeys: [],
  labels: 0b10,
  dates: { date: [100, 200] },
  strings: [[10n, 'lindqvist']],
  numbers: [[20n, 71.5, 72.5]],
  periods: [[30n, 5, 6]],
  elements: [],
  texts: [],
  words: [],
}

const unknown: Clause = { op: 'samePatient', type: 'CareTeam', where: all }
const cases: [title: string, clause: Clause, expected: boolean | undefined][] = [
  ['a key that it holds', { op: 'keys', any: [9n, 2n] }, true],
  ['a key that only filters', { op: 'keys', any: [3n], filter: true }, true],
  ['a key that it does not hold', { op: 'keys', any: [9n] }, false],
  ['its patient', { op: 'patient', any: [7n] }, true],
  ['another patient', { op: 'patient', any: [8n] }, false],
  ['labels within the mask', { op: 'labels', allowed: 0b11 }, true],
  ['labels outside the mask', { op: 'labels', allowed: 0b01 }, false],
  ['a string by its start', { op: 'string', key: 10n, match: 'starts', value: 'lind' }, true],
  ['a string of another parameter', { op: 'string', key: 11n, match: 'starts', value: 'lind' }, false],
  ['a number within bounds', { op: 'number', key: 20n, bounds: [{ side: 'hi', is: '>', value: 72 }] }, true],
  ['a number outside of bounds', { op: 'number', key: 20n, bounds: [{ side: 'lo', is: '>', value: 72 }] }, false],
  ['a date of a column', { op: 'date', at: { column: 'date' }, bounds: [{ side: 'lo', is: '>=', value: 100 }] }, true],
  ['a period by its key', { op: 'date', at: { key: 30n }, bounds: [{ side: 'hi', is: '<=', value: 6 }] }, true],
  ['what other rows decide', unknown, undefined],
  ['not what other rows decide', not(unknown), undefined],
  ['something false and something unknown', and(unknown, { op: 'keys', any: [9n] }), false],
  ['something true and something unknown', and(unknown, { op: 'keys', any: [1n] }), undefined],
  ['something true or something unknown', or(unknown, { op: 'keys', any: [1n] }), true],
  ['something false or something unknown', or(unknown, { op: 'keys', any: [9n] }), undefined],
  ['everything', all, true],
  ['nothing', none, false],
]

describe('a row, judged without the database', () => {
  for (const [title, clause, expected] of cases) {
    test(`meets ${title}: ${expected ?? 'only the database can tell'}`, () => {
      assert.equal(holds(clause, row), expected)
    })
  }
})
