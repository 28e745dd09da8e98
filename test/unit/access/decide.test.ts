import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ConsentRule, consentRules, type Provision } from '../../../src/access/consent-rules.ts'
import { type Asker, decide, permitsFor } from '../../../src/access/decide.ts'
import type { Facts } from '../../../src/access/facts.ts'
import type { ImplicitPolicy } from '../../../src/access/implicit-policy.ts'
import { maskOf } from '../../../src/access/labels.ts'
import { purposes } from '../../../src/access/purposes.ts'

const base = 'https://example.org/fhir'
const at = Date.UTC(2026, 0, 1)
const label = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code })
const topic = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code })

const doctor: Asker = {
  ...{ name: 'Practitioner/me', active: true, parties: [], purposes: purposes.treatment },
  ...{ wrote: false, treats: true },
}
const about = (type: string, more: Partial<Facts> = {}): Facts => ({
  ...{ type, name: `${type}/1`, patient: 'Patient/1', labels: 0, authors: [], belongsTo: [`${type}/1`] },
  ...{ from: at, to: at + 1 },
  ...more,
})
const restricted = { labels: maskOf([label('R')]) }

const consentsOf = (...provisions: readonly Provision[]) =>
  provisions.map((provision) =>
    consentRules({ resourceType: 'Consent', status: 'active', patient: { reference: 'Patient/1' }, provision }, base),
  )

function allows(facts: Facts, policy: ImplicitPolicy, ...provisions: readonly Provision[]): boolean {
  return decide(doctor, facts, consentsOf(...provisions), { policy, at }).allowed
}

const instance = (name: string) => [{ meaning: 'instance', reference: { reference: name } }]
const toMe = [{ role: { coding: [{ code: 'IRCP' }] }, reference: { reference: 'Practitioner/me' } }]

describe('what a hospital allows who treats the patient, while nothing is said', () => {
  for (const policy of ['normal', 'all-normal'] as const) {
    test(`${policy}: a Patient, whatever its labels, and data without any`, () => {
      assert.ok(allows(about('Patient'), policy))
      assert.ok(allows(about('Patient', restricted), policy))
      assert.ok(allows(about('Observation'), policy))
      assert.ok(!allows(about('Observation', restricted), policy))
    })
  }

  test('a document under all-normal alone', () => {
    assert.deepEqual(
      (['normal', 'all-normal', 'deny'] as const).map((policy) => allows(about('DocumentReference'), policy)),
      [false, true, false],
    )
  })
})

describe('a Patient where nothing is allowed by itself', () => {
  test('is shown to who may see a part of the record', () => {
    assert.ok(allows(about('Patient'), 'deny', { type: 'permit', data: instance('Observation/1') }))
  })

  test('is not shown for a part that is only denied', () => {
    assert.ok(!allows(about('Patient'), 'deny', { type: 'deny', data: instance('Observation/1') }))
  })

  test('is from no time, and so in no part that is limited by time', () => {
    const dataPeriod = { start: '2020', end: '2030' }
    assert.ok(!allows(about('Patient'), 'deny', { type: 'permit', actor: toMe, dataPeriod }))
    assert.ok(allows(about('Observation'), 'deny', { type: 'permit', actor: toMe, dataPeriod }))
  })
})

describe('labels', () => {
  test('one that is named is enough to deny, and not to permit', () => {
    const both = { labels: maskOf([topic('HIV'), topic('PSY')]) }
    const named = { securityLabel: [topic('HIV')] }
    assert.ok(!allows(about('Observation', both), 'deny', { type: 'permit', actor: toMe, ...named }))
    const everything = { type: 'permit', actor: toMe, securityLabel: [topic('HIV'), topic('PSY')] }
    assert.ok(allows(about('Observation', both), 'deny', everything))
    assert.ok(!allows(about('Observation', both), 'deny', everything, { type: 'deny', ...named }))
  })
})

describe('an exception', () => {
  const denied: Provision = { type: 'deny', provision: [{ type: 'permit', data: instance('Observation/1') }] }

  test('that permits lifts the rule of its own Consent', () => {
    assert.ok(allows(about('Observation'), 'normal', denied))
    assert.ok(!allows(about('Observation', { name: 'Observation/2' }), 'normal', denied))
  })

  test('that permits lifts no rule of another Consent', () => {
    assert.ok(!allows(about('Observation'), 'normal', denied, { type: 'deny' }))
  })

  test('that denies beats the rule of its Consent', () => {
    const permitted: Provision = { type: 'permit', provision: [{ type: 'deny', data: instance('Observation/1') }] }
    assert.ok(!allows(about('Observation'), 'normal', permitted))
    assert.ok(allows(about('Observation', { name: 'Observation/2' }), 'normal', permitted))
  })
})

test('rules are of the patient whose data it is', () => {
  const [mine] = consentsOf({ type: 'permit', actor: toMe }).map(({ rules }) => rules[0] as ConsentRule)
  assert.equal(mine!.patient, 'Patient/1')
  assert.ok(!allows(about('Observation', { patient: 'Patient/2' }), 'deny', { type: 'permit', actor: toMe }))
})

test('what denies is no permit, also where it is lifted', () => {
  const provision = [{ type: 'permit', data: instance('Observation/1') }]
  const permits = permitsFor(
    doctor,
    about('Observation'),
    consentsOf({ type: 'deny', provision }, { type: 'deny' }),
    at,
  )
  assert.deepEqual(
    permits.map(({ type, exception }) => [type, exception]),
    [['permit', true]],
  )
})
