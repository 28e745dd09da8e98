import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { holds } from '../../../src/access/holds.ts'
import { all, and, type Clause, none, not, or } from '../../../src/search/clause.ts'
import { wallClockKey } from '../../../src/search/date-column.ts'
import type { IndexValues } from '../../../src/search/index-values.ts'

const hour = 3_600_000
const salt = 0x5a17n
const row: IndexValues = {
  pat: 7n,
  keys: [1n, 2n],
  fkeys: [3n],
  akeys: [],
  labels: 0b10,
  dates: { date: [100, 200] },
  strings: [[10n, 'lindqvist']],
  numbers: [
    [20n, 71.5, 72.5],
    [21n, 59.3, 59.3],
    [22n, 18.1, 18.1],
  ],
  periods: [
    [30n, 5, 6],
    // Two hours east of Greenwich.
    [31n, hour, 2 * hour, 120, 120],
  ],
  elements: [
    {
      ...{ key: 40n, keys: [41n], strings: [[42n, 'berg']] },
      numbers: [
        [43n, hour, 2 * hour],
        [44n, hour, 2 * hour],
        [wallClockKey(43n), 3 * hour, 4 * hour],
      ],
    },
  ],
  texts: [[2n ^ salt, 'heart rate']],
  words: [],
}

const unknown: Clause = { op: 'samePatient', type: 'CareTeam', where: all }
const near = (latitude: bigint, longitude: bigint, degrees: number): Clause => ({
  ...{ op: 'near', keys: { latitude, longitude }, latitude: degrees, longitude: 18.1, metres: 1000 },
})
const from = (key: bigint, value: number, local: boolean): Clause => ({
  ...{ op: 'date', at: { key }, bounds: [{ side: 'lo', is: '>=', value }], local },
})
const element = (where: Clause, key = 40n): Clause => ({ op: 'element', key, where })
const words = (starts: string, by = salt): Clause => ({ op: 'text', salt: by, starts, filter: false })
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
  ['no key that it lacks', not({ op: 'keys', any: [9n] }), true],
  ['no key that it holds', not({ op: 'keys', any: [1n] }), false],
  ['an identity that nobody told', { op: 'rid', any: [50n] }, undefined],
  ['another string of the parameter', { op: 'string', key: 10n, match: 'starts', value: 'berg' }, false],
  ['a number of another parameter', { op: 'number', key: 29n, bounds: [{ side: 'hi', is: '>', value: 72 }] }, false],
  ['a date of a column that is empty', { op: 'date', at: { column: 'issued' }, bounds: [] }, false],
  ['a period by another key', { op: 'date', at: { key: 39n }, bounds: [] }, false],
  ['a period from when it began', from(31n, hour, false), true],
  ['a period from when its own clock showed that it began', from(31n, 3 * hour, true), true],
  ['a period from what its own clock showed, as if that were ours', from(31n, 3 * hour, false), false],
  ['a text of its key', words('heart'), true],
  ['another text of its key', words('lung'), false],
  ['a text of another key', words('heart', 0x1n), false],
  ['an element by its key', element({ op: 'keys', any: [41n] }), true],
  ['an element by a key that another part holds', element({ op: 'keys', any: [1n] }), false],
  ['an element of another kind', element({ op: 'keys', any: [41n] }, 49n), false],
  ['an element by its own clock', element(from(43n, 3 * hour, true)), true],
  ['an element by our clock', element(from(43n, 3 * hour, false)), false],
  ['an element without a clock of its own by ours', element(from(44n, hour, true)), true],
  ['a position close by', near(21n, 22n, 59.301), true],
  ['a position far away', near(21n, 22n, 60), false],
  ['a position without a latitude', near(28n, 22n, 59.301), false],
  ['a position without a longitude', near(21n, 28n, 59.301), false],
  ['what other rows decide', unknown, undefined],
  ['not what other rows decide', not(unknown), undefined],
  ['something true and something else true', and({ op: 'keys', any: [1n] }, { op: 'patient', any: [7n] }), true],
  ['something false and something unknown', and(unknown, { op: 'keys', any: [9n] }), false],
  ['something true and something unknown', and(unknown, { op: 'keys', any: [1n] }), undefined],
  ['something true or something unknown', or(unknown, { op: 'keys', any: [1n] }), true],
  ['something false or something unknown', or(unknown, { op: 'keys', any: [9n] }), undefined],
  ['everything', all, true],
  ['nothing', none, false],
]

const sides: readonly [is: '<' | '<=' | '>' | '>=', below: boolean, equal: boolean, above: boolean][] = [
  ['<', false, false, true],
  ['<=', false, true, true],
  ['>', true, false, false],
  ['>=', true, true, false],
]

describe('a bound', () => {
  for (const side of ['lo', 'hi'] as const) {
    for (const [is, ...expected] of sides) {
      test(`on ${side}, ${is}, holds for what is below, equal to, above it: ${expected.join(', ')}`, () => {
        const end = side === 'lo' ? 71.5 : 72.5
        const met = [end - 0.1, end, end + 0.1].map((value) =>
          holds({ op: 'number', key: 20n, bounds: [{ side, is, value }] }, row),
        )
        assert.deepEqual(met, expected)
      })
    }
  }
})

describe('a row, judged without the database', () => {
  for (const [title, clause, expected] of cases) {
    test(`meets ${title}: ${expected ?? 'only the database can tell'}`, () => {
      assert.equal(holds(clause, row), expected)
    })
  }

  test('meets its own identity where that is told, and no other', () => {
    assert.equal(holds({ op: 'rid', any: [50n] }, row, 50n), true)
    assert.equal(holds({ op: 'rid', any: [50n] }, row, 51n), false)
  })

  test('without a patient meets no patient', () => {
    assert.equal(holds({ op: 'patient', any: [7n] }, { ...row, pat: null }), false)
  })
})
