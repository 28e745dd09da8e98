import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { grantObligation } from '../../../src/access/obligations.ts'
import { everybody } from '../../../src/access/chart-rules.ts'
import type { Provision } from '../../../src/access/consent-rules.ts'
import { purposes } from '../../../src/access/purposes.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { createKeys } from '../../../src/search/keys.ts'
import { labelBits } from '../../../src/search/label-bits.ts'
import { compileGrants } from '../../../src/sharing/compile-grants.ts'

const { ridOf } = createKeys(randomBytes(32))
const base = 'https://example.org/fhir'
const anna = ridOf('Patient', 'anna')
const berg = ridOf('Practitioner', 'berg')
const cohn = ridOf('Practitioner', 'cohn')
const letter = ridOf('DocumentReference', 'letter')

const recipient = (reference: string, role = 'IRCP') => ({
  role: { coding: [{ code: role }] },
  reference: { reference },
})
const instance = (reference: string) => ({ meaning: 'instance', reference: { reference } })
const confidentiality = (code: string) => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  code,
})

function compiled(provision: Provision, more: object = {}) {
  const consent: Resource = {
    resourceType: 'Consent',
    status: 'active',
    patient: { reference: 'Patient/anna' },
    provision,
    ...more,
  }
  return compileGrants(consent, { ridOf, base })
}

describe('a Consent as rows', () => {
  test('a permit of a document covers that document, whatever its labels', () => {
    const grants = compiled({
      type: 'permit',
      actor: [recipient('Practitioner/berg')],
      data: [instance('DocumentReference/letter')],
      period: { start: '2026-01-01', end: '2026-01-31' },
    })
    assert.deepEqual(grants, [
      {
        grantee: berg,
        pat: anna,
        type: 'DocumentReference',
        rid: letter,
        effect: 'permit',
        starts: Date.UTC(2026, 0, 1),
        ends: Date.UTC(2026, 1, 1),
        labels: labelBits.any,
        obligations: 0,
        purposes: 0,
        nested: false,
        excepted: false,
      },
    ])
  })

  test('a permit without data covers the whole record, and the labels that it names: without any, what has none', () => {
    const [plain] = compiled({ type: 'permit', actor: [recipient('Practitioner/berg')] })
    assert.deepEqual([plain?.rid, plain?.labels], [0n, labelBits.normal])
    const [restricted] = compiled({
      type: 'permit',
      actor: [recipient('Practitioner/berg')],
      securityLabel: [confidentiality('R')],
    })
    assert.equal(restricted?.labels, labelBits.restricted)
  })

  test('each actor and each document make a row', () => {
    const grants = compiled({
      type: 'permit',
      actor: [recipient('Practitioner/berg'), recipient(`${base}/Practitioner/cohn`)],
      data: [instance('DocumentReference/letter'), instance('DocumentReference/other')],
    })
    assert.equal(grants.length, 4)
    assert.deepEqual(new Set(grants.map(({ grantee }) => grantee)), new Set([berg, cohn]))
  })

  for (const status of ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error']) {
    test(`a Consent that is ${status} gives nothing`, () => {
      assert.deepEqual(compiled({ type: 'permit', actor: [recipient('Practitioner/berg')] }, { status }), [])
    })
  }

  test('a Consent about nobody of this server gives nothing', () => {
    for (const patient of [undefined, { display: 'Anna' }, { reference: 'https://elsewhere.org/Patient/anna' }]) {
      assert.deepEqual(compiled({ type: 'permit', actor: [recipient('Practitioner/berg')] }, { patient }), [])
    }
  })
})

describe('a permit never gives more than its words', () => {
  const permit: Provision = { type: 'permit', actor: [recipient('Practitioner/berg')] }
  const limits: Record<string, Provision> = {
    'a class': { class: [{ code: 'application/hl7-cda+xml' }] },
    'a code': { code: [{ coding: [{ code: '34133-9' }] }] },
    'a period of the data that is over before it starts': { dataPeriod: { start: '2025-01-01', end: '2024' } },
    'a purpose that is unknown': { purpose: [{ code: 'FooBar' }] },
    'an action that is not reading': { action: [{ coding: [{ code: 'correct' }] }] },
    'data that depends on something': { data: [{ meaning: 'dependents', reference: { reference: 'Encounter/1' } }] },
    'data that is related to no visit or plan': {
      data: [{ meaning: 'related', reference: { reference: 'Patient/1' } }],
    },
    'an unknown label': { securityLabel: [{ code: 'X' }], purpose: [{ code: 'FooBar' }] },
    'a period that is over before it starts': { period: { start: '2026-02-01', end: '2026-01-01' } },
    'a period that is no date': { period: { start: 'soon' } },
    'no data at all, said as an empty list': { data: [] },
  }
  for (const [name, limit] of Object.entries(limits)) {
    test(`limited by ${name} it gives nothing`, () => {
      assert.deepEqual(compiled({ ...permit, ...limit }), [])
    })
  }

  test('it names who receives: not authors of the data, groups, or an empty list', () => {
    for (const actor of [[], [recipient('Group/ward')], [recipient('Practitioner/berg', 'AUT')]]) {
      assert.deepEqual(compiled({ type: 'permit', actor }), [])
    }
  })

  test('without an actor it is for everybody, which is for whoever treats the patient (chart-rules.ts)', () => {
    const [permit, ...others] = compiled({ type: 'permit' })
    assert.deepEqual([permit?.grantee, permit?.effect, others.length], [everybody, 'permit', 0])
  })

  test('it holds for the purposes that it names', () => {
    const [grant] = compiled({ ...permit, purpose: [{ code: 'HPAYMT' }, { code: 'HRESCH' }] })
    assert.equal(grant!.purposes & purposes.treatment, 0)
    const [treatment] = compiled({ ...permit, purpose: [{ code: 'TREAT' }, { code: 'HRESCH' }] })
    assert.equal(treatment!.purposes & purposes.treatment, purposes.treatment)
  })
})

describe('a deny never takes less than its words', () => {
  test('without an actor it is for everybody', () => {
    const [deny] = compiled({ type: 'deny' })
    assert.deepEqual([deny?.grantee, deny?.effect, deny?.rid], [everybody, 'deny', 0n])
  })

  test('an actor without an account widens it to everybody', () => {
    const grants = compiled({ type: 'deny', actor: [recipient('Practitioner/berg'), recipient('Group/ward')] })
    assert.deepEqual(
      grants.map(({ grantee }) => grantee),
      [everybody],
    )
  })

  test('data that is told in a way unknown here widens it to the whole record', () => {
    const data = [instance('DocumentReference/letter'), { meaning: 'dependents', reference: { reference: 'Device/1' } }]
    const grants = compiled({ type: 'deny', actor: [recipient('Practitioner/berg')], data })
    assert.deepEqual(
      grants.map(({ rid }) => rid),
      [0n],
    )
  })

  test('limits that rows cannot hold do not soften it', () => {
    const grants = compiled({ type: 'deny', actor: [recipient('Practitioner/berg')], class: [{ code: 'x' }] })
    assert.equal(grants.length, 1)
  })
})

describe('exceptions', () => {
  test('inherit the actors of their rule: all but one document', () => {
    const grants = compiled({
      type: 'permit',
      actor: [recipient('Practitioner/berg')],
      provision: [{ type: 'deny', data: [instance('DocumentReference/letter')] }],
    })
    assert.deepEqual(
      grants.map(({ grantee, effect, rid }) => [grantee, effect, rid]),
      [
        [berg, 'permit', 0n],
        [berg, 'deny', letter],
      ],
    )
  })

  test('count where the rule itself says neither permit nor deny', () => {
    const grants = compiled({ provision: [{ type: 'permit', actor: [recipient('Practitioner/cohn')] }] })
    assert.deepEqual(
      grants.map(({ grantee }) => grantee),
      [cohn],
    )
  })

  test('inherit the limits of their rule', () => {
    const inherited = compiled({
      class: [{ code: 'application/pdf' }],
      provision: [{ type: 'permit', actor: [recipient('Practitioner/cohn')] }],
    })
    assert.deepEqual(inherited, [])
  })
})

test('obligations add up from the Consent down', () => {
  const obligation = (valueCode: string) => ({ url: grantObligation, valueCode })
  const [grant] = compiled(
    { type: 'permit', actor: [recipient('Practitioner/berg')], extension: [obligation('no-reshare')] },
    { extension: [obligation('step-up')] },
  )
  assert.equal(grant?.obligations, 5)
})

test('an obligation that is not understood is every obligation', () => {
  const extension = [{ url: grantObligation, valueCode: 'no-photograph' }]
  const [grant] = compiled({ type: 'permit', actor: [recipient('Practitioner/berg')], extension })
  assert.equal(grant?.obligations, 15)
})
