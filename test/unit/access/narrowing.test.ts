import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { narrowerThan } from '../../../src/access/kinds.ts'
import { canNarrow } from '../../../src/access/narrowing.ts'
import { covers, parseScope } from '../../../src/access/scopes.ts'
import type { Search } from '../../../src/search/create-search.ts'
import { buildAccess } from './build-access.ts'

let search: Search
before(async () => {
  search = (await buildAccess()).search
})

describe('a scope is narrowed', () => {
  for (const [type, name, value] of [
    ['Observation', 'category', 'laboratory'],
    ['Observation', 'category', 'laboratory,vital-signs'],
    ['Observation', 'status:not', 'final'],
    ['Condition', 'clinical-status', 'active'],
    ['DocumentReference', 'type', 'http://loinc.org|18842-5'],
    ['DocumentReference', 'author', 'Practitioner/1'],
    ['Observation', 'patient', 'Patient/1'],
    ['Observation', '_id', '1'],
    ['Observation', '_filter', 'status eq final'],
    ['Observation', '_filter', 'status eq final or _id eq 1'],
    ['Observation', '_filter', 'status eq final and _id eq 1'],
    ['Observation', '_tag', 'urn:x|y'],
  ] as const) {
    test(`by ${type}?${name}=${value}`, () => {
      assert.equal(canNarrow(search.parameter(type, name, value)), true)
    })
  }

  // A version cannot tell, or only another resource can.
  for (const [type, name, value] of [
    ['Patient', 'gender', 'female'],
    ['Patient', 'name', 'Berg'],
    ['Observation', 'date', 'ge2026'],
    ['Observation', '_filter', 'status eq final or date ge 2026'],
    ['Observation', '_filter', 'status eq final and date ge 2026'],
    ['Observation', 'category:missing', 'true'],
    ['Observation', 'code:text', 'pulse'],
    ['Observation', 'value-quantity', 'gt5'],
    ['Observation', 'subject:Patient.name', 'Berg'],
    ['Patient', '_has:Observation:subject:code', 'x'],
    ['Observation', '_lastUpdated', 'ge2026'],
    ['Observation', '_list', '1'],
  ] as const) {
    test(`but not by ${type}?${name}=${value}`, () => {
      assert.equal(canNarrow(search.parameter(type, name, value)), false)
    })
  }
})

describe('what a person may narrow a scope to', () => {
  test('can be granted, and is covered by what the app asked for', () => {
    for (const text of ['patient/*.rs', 'user/Observation.cruds', 'user/Condition.r', 'patient/DocumentReference.rs']) {
      const asked = parseScope(text)!
      const narrower = narrowerThan(asked)
      assert.ok(narrower.length > 0, text)
      for (const { scope } of narrower) {
        const parsed = parseScope(scope)!
        assert.ok(covers([asked], parsed), scope)
        const clauses = (parsed.query ?? []).map(([name, value]) => search.parameter(parsed.type, name, value))
        assert.ok(clauses.every(canNarrow), scope)
      }
    }
  })

  test('is nothing for a type without categories, and for what is narrow already', () => {
    assert.deepEqual(narrowerThan(parseScope('user/Patient.rs')!), [])
    assert.deepEqual(narrowerThan(parseScope('user/Observation.rs?category=laboratory')!), [])
  })
})
