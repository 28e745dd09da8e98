import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { covers, parseScope, parseScopes } from '../../../src/access/scopes.ts'

describe('a SMART scope', () => {
  test('of version 2 names level, type and actions in their order', () => {
    assert.deepEqual(parseScope('patient/Observation.rs'), { level: 'patient', type: 'Observation', actions: 'rs' })
    assert.deepEqual(parseScope('system/*.cruds'), { level: 'system', type: '*', actions: 'cruds' })
    for (const wrong of [
      'patient/Observation.sr',
      'patient/Observation.',
      'patient/Observation.rr',
      'patient/observation.rs',
    ]) {
      assert.equal(parseScope(wrong), undefined, wrong)
    }
  })

  test('of version 1 is read as version 2', () => {
    assert.equal(parseScope('user/Patient.read')?.actions, 'rs')
    assert.equal(parseScope('user/Patient.write')?.actions, 'cud')
    assert.equal(parseScope('user/*.*')?.actions, 'cruds')
  })

  test('may be confined by search parameters', () => {
    const scope = parseScope(
      'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory&status=final',
    )
    assert.deepEqual(scope?.query, [
      ['category', 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory'],
      ['status', 'final'],
    ])
    assert.equal(parseScope('patient/Observation.rs?'), undefined)
    assert.equal(parseScope('patient/Observation.rs?=x'), undefined)
    assert.equal(parseScope('patient/Observation.read?status=final'), undefined)
  })

  test('is none: openid, launch, another level, a path', () => {
    for (const other of [
      'openid',
      'launch/patient',
      'fhirUser',
      'admin/*.rs',
      'patient/Patient/1.rs',
      '',
      'patient/*.rs extra',
    ]) {
      assert.equal(parseScope(other), undefined, other)
    }
    assert.deepEqual(
      parseScopes('openid patient/*.rs nonsense user/Patient.r').map(({ level }) => level),
      ['patient', 'user'],
    )
  })
})

describe('what one scope covers of another', () => {
  const covered = (wide: string, narrow: string) => covers(parseScopes(wide), parseScope(narrow)!)

  test('is the same type or any, with the same actions or fewer, at the same level', () => {
    assert.equal(covered('patient/*.cruds', 'patient/Observation.rs'), true)
    assert.equal(covered('patient/Observation.rs', 'patient/Observation.r'), true)
    assert.equal(covered('patient/Observation.rs', 'patient/Observation.cr'), false)
    assert.equal(covered('patient/Observation.rs', 'patient/*.rs'), false)
    assert.equal(covered('patient/*.rs', 'user/*.rs'), false)
    assert.equal(covered('user/*.*', 'user/Patient.read'), true)
  })

  test('is not what has another parameter of the same value, or the same with another value', () => {
    assert.equal(covered('user/Observation.rs?code=final', 'user/Observation.rs?status=final'), false)
    assert.equal(covered('user/Observation.rs?status=final', 'user/Observation.rs?status=amended'), false)
  })

  test('adds up over several', () => {
    assert.equal(covered('user/Patient.r user/Patient.s', 'user/Patient.rs'), true)
    assert.equal(covered('user/Patient.r user/Observation.s', 'user/Patient.rs'), false)
  })

  test('includes the granular scope of a whole type, and not the reverse', () => {
    assert.equal(covered('user/Observation.rs', 'user/Observation.rs?category=laboratory'), true)
    assert.equal(covered('user/Observation.rs?category=laboratory', 'user/Observation.rs'), false)
    assert.equal(covered('user/Observation.rs?category=laboratory', 'user/Observation.r?category=laboratory'), true)
    assert.equal(covered('user/Observation.rs?category=laboratory', 'user/Observation.r?category=vital-signs'), false)
  })
})
