import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { finds } from './search-parts.ts'

/** Each row: a query, and whether it finds the resource. */
function table(resource: Resource, rows: readonly (readonly [query: string, found: boolean])[]): void {
  for (const [query, found] of rows) {
    assert.equal(finds(query, resource), found, `${resource.resourceType}?${query} is to be ${found}`)
  }
}

describe('number and quantity', () => {
  const risk = (probability: string) =>
    parseJson(`{"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":${probability}}]}`) as Resource

  test('equality has the precision of the digits asked for; comparisons are exact', () => {
    for (const [stored, query, found] of [
      ['100', '100', true],
      ['99.5', '100', true],
      ['100.5', '100', false],
      ['100.49', 'eq100', true],
      ['100.4', '100.0', false],
      ['104', '1e2', true],
      ['106', '1e2', false],
      ['0.0054', '5.40e-3', true],
      ['100', 'ne100', false],
      ['101', 'ne100', true],
      ['100', 'gt100', false],
      ['100.0001', 'gt100', true],
      ['100', 'ge100', true],
      ['99.9999', 'lt100', true],
      ['100', 'le100', true],
      ['100', 'sa99.9', true],
      ['100', 'eb100', false],
      ['91', 'ap100', true],
      ['89', 'ap100', false],
      ['-5.4', '-5.4', true],
    ] as const) {
      assert.equal(finds(`probability=${query}`, risk(stored)), found, `${stored} by ${query}`)
    }
  })

  const weight: Resource = {
    resourceType: 'Observation',
    valueQuantity: { value: 5.4, unit: 'milligrams', system: 'http://unitsofmeasure.org', code: 'mg' },
  }

  test('a quantity is found without a unit, by code or human unit, and by system and code', () => {
    table(weight, [
      ['value-quantity=5.4', true],
      ['value-quantity=5.4||mg', true],
      ['value-quantity=5.4||milligrams', true],
      ['value-quantity=5.4||g', false],
      ['value-quantity=gt5|http://unitsofmeasure.org|mg', true],
      ['value-quantity=gt5|http://unitsofmeasure.org|milligrams', false],
      ['value-quantity=lt5||mg', false],
      ['value-quantity:missing=false', true],
    ])
  })

  test('a quantity in UCUM is found in every unit of the same kind', () => {
    const unit = (code: string) => `|http://unitsofmeasure.org|${code}`
    table(weight, [
      [`value-quantity=0.0054${unit('g')}`, true],
      [`value-quantity=5400${unit('ug')}`, true],
      [`value-quantity=5.4${unit('mg')}`, true],
      [`value-quantity=5${unit('mg')}`, true],
      [`value-quantity=5.0${unit('mg')}`, false],
      [`value-quantity=gt5.4${unit('mg')}`, false],
      [`value-quantity=ge0.0054${unit('g')}`, true],
      [`value-quantity=lt1${unit('g')}`, true],
      [`value-quantity=gt0${unit('L')}`, false],
    ])
    const temperature = { value: 37.5, system: 'http://unitsofmeasure.org', code: 'Cel' }
    table({ resourceType: 'Observation', valueQuantity: temperature }, [
      [`value-quantity=99.5${unit('[degF]')}`, true],
      [`value-quantity=ap35${unit('Cel')}`, true],
      [`value-quantity=ap30${unit('Cel')}`, false],
    ])
    for (const code of ['[IU]/L', '[pH]', 'nonsense', '{', 'a b', 'x'.repeat(10_000)]) {
      const stored: Resource = {
        resourceType: 'Observation',
        valueQuantity: { value: 7, system: 'http://unitsofmeasure.org', code },
      }
      table(stored, [
        [`value-quantity=7${unit(code)}`, true],
        [`value-quantity=7${unit('mol/L')}`, false],
      ])
    }
  })

  test('numbers that no double holds exactly still meet in another unit', () => {
    for (const [value, code, query] of [
      [7, '10*3/uL', 'ge7000|http://unitsofmeasure.org|/uL'],
      [7000, '/uL', 'le7|http://unitsofmeasure.org|10*3/uL'],
      [0.3, 'km', 'ge300|http://unitsofmeasure.org|m'],
      [1.1, 'mmol/L', 'le1100|http://unitsofmeasure.org|umol/L'],
    ] as const) {
      const valueQuantity = { value, code, system: 'http://unitsofmeasure.org' }
      table({ resourceType: 'Observation', valueQuantity }, [[`value-quantity=${query}`, true]])
    }
  })

  test('a quantity with a comparator is open on that side', () => {
    const resource: Resource = { resourceType: 'Observation', valueQuantity: { value: 100, comparator: '>' } }
    table(resource, [
      ['value-quantity=gt500', true],
      ['value-quantity=100', false],
      ['value-quantity=lt100', false],
    ])
  })
})

describe('position', () => {
  const berlin: Resource = { resourceType: 'Location', position: { latitude: 52.52, longitude: 13.405 } }

  test('a place is near within the distance that is asked for, in any unit of length', () => {
    table(berlin, [
      ['near=52.52|13.405', true],
      ['near=52.39|13.06', true],
      ['near=53.55|9.99', false],
      ['near=53.55|9.99|250|km', false],
      ['near=53.55|9.99|260|km', true],
      ['near=53.55|9.99|260', true],
      ['near=53.55|9.99|162|[mi_us]', true],
      ['near=53.55|9.99|250000|m', false],
      ['near=53.55|9.99|260000|m,0|0|1|m', true],
      ['near:missing=false', true],
    ])
    table({ resourceType: 'Location' }, [
      ['near=52.52|13.405', false],
      ['near:missing=true', true],
    ])
  })

  test('the date line and the poles are places like others', () => {
    const fiji: Resource = { resourceType: 'Location', position: { latitude: -17, longitude: 179.95 } }
    table(fiji, [['near=-17|-179.95|12|km', true]])
    const pole: Resource = { resourceType: 'Location', position: { latitude: 89.99, longitude: 0 } }
    table(pole, [['near=89.99|180|3|km', true]])
  })
})
