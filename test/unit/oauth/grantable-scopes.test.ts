import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Scope } from '../../../src/access/principal.ts'
import {
  createGrantableScopes,
  createScopeProblem,
  needsPatient,
} from '../../../src/oauth/provider/grantable-scopes.ts'

/** Every type exists, and the category alone can narrow. */
const isUsable = ({ query = [] }: Scope) => query.every(([name]) => name === 'category')
const granted = createGrantableScopes({ isUsable })
const problem = createScopeProblem({ isUsable })

describe('what of the scopes that are asked for can be granted', () => {
  test('to an app that registered none: any of a person, and what is not of the records', () => {
    assert.deepEqual(granted('openid user/*.rs system/*.rs user/*.rs', {}, false), ['openid', 'user/*.rs'])
  })

  test('to an app that registered some: these and what is within them', () => {
    const client = { smart_scope: 'openid patient/*.rs' }
    assert.deepEqual(granted('openid fhirUser patient/Patient.r user/*.rs', client, false), [
      'openid',
      'patient/Patient.r',
    ])
  })

  test('to a backend service: system/ alone, of what it registered, and no person’s', () => {
    const client = { smart_scope: 'openid user/*.rs system/*.rs' }
    assert.deepEqual(granted('openid user/*.rs system/Patient.rs system/*.cruds', client, true), ['system/Patient.rs'])
    assert.deepEqual(granted('system/*.rs', {}, true), [])
  })

  test('nothing of nothing, and nothing by a parameter that cannot narrow', () => {
    assert.deepEqual(granted(undefined, {}, false), [])
    assert.deepEqual(granted('user/Observation.rs?date=2020', {}, false), [])
  })
})

describe('what is wrong with a request for scopes', () => {
  test('nothing, whatever stands between them', () => assert.equal(problem(` ${' '.repeat(300)}user/*.rs`), undefined))
  test('that there are too many', () => assert.match(problem('user/*.rs '.repeat(251))!, /more than 250/))
  test('that one is misspelt', () => assert.match(problem('user/*.sr')!, /misspelt/))
  test('that a parameter cannot narrow', () => assert.match(problem('user/Observation.rs?date=2020')!, /Observation/))
  test('not that it is of another extension', () => assert.equal(problem('openid something/else'), undefined))
})

test('a patient is due for launch/patient, and for any patient/ scope', () => {
  const due = ['launch/patient user/*.rs', 'openid patient/*.rs', 'openid user/*.rs', ''].map((text) =>
    needsPatient(text.split(' ')),
  )
  assert.deepEqual(due, [true, true, false, false])
})
