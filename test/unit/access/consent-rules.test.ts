import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ConsentRule, consentRules, type Provision } from '../../../src/access/consent-rules.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { labelBits } from '../../../src/search/label-bits.ts'

const base = 'https://example.org/fhir'
const to = (reference: string) => ({ reference })
const coded = (code: string) => ({ coding: [{ code }] })
const confidentiality = (code: string) => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }]
const reason = (code: string) => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }]
const actor = (reference: string, role?: string) => [
  { ...(role ? { role: coded(role) } : {}), reference: to(reference) },
]
const data = (meaning: string, reference: string) => [{ meaning, reference: to(reference) }]

function consent(provision: Provision | undefined, more: object = {}): Resource {
  const patient = to('Patient/1')
  return { ...{ resourceType: 'Consent', status: 'active', patient, provision }, ...more }
}
const of = (provision: Provision, more?: object) => consentRules(consent(provision, more), base)
const rulesOf = (provision: Provision, more?: object) => of(provision, more).rules
const permit = (more: Provision): Provision => ({ type: 'permit', ...more })
const deny = (more: Provision): Provision => ({ type: 'deny', ...more })
const only = (rules: readonly ConsentRule[]): ConsentRule => {
  assert.equal(rules.length, 1)
  return rules[0]!
}

/** As far as it is told what the rule should say. */
function says(rule: ConsentRule | undefined, expected: Partial<ConsentRule>): void {
  const told = Object.keys(expected) as (keyof ConsentRule)[]
  assert.deepEqual(Object.fromEntries(told.map((name) => [name, rule?.[name]])), expected)
}

describe('a Consent says nothing', () => {
  const cases: [title: string, Resource][] = [
    ['that is not active', consent(permit({}), { status: 'draft' })],
    ['about somebody who is no patient', consent(permit({}), { patient: to('Group/1') })],
    ['about a patient of elsewhere', consent(permit({}), { patient: to('https://elsewhere.org/Patient/1') })],
    ['without a provision', consent(undefined)],
    ['whose provision is neither permit nor deny', consent({})],
  ]
  for (const [title, resource] of cases) {
    test(title, () => assert.deepEqual(consentRules(resource, base), { rules: [], overarching: undefined }))
  }
})

describe('a permit gives nothing that is limited in a way that is not understood', () => {
  const cases: [title: string, Provision][] = [
    ['to classes', { class: [{ code: 'x' }] }],
    ['to codes', { code: [coded('x')] }],
    ['to a period that ends before it starts', { period: { start: '2026', end: '2025' } }],
    ['to a period that cannot be read', { period: { start: 'soon' } }],
    ['to another action than reading', { action: [coded('correct')] }],
    ['to a purpose that is not known', { purpose: reason('FUN') }],
    ['to a purpose of another code system', { purpose: [{ system: 'http://example.org', code: 'TREAT' }] }],
    ['to data of a period that cannot be read', { dataPeriod: { end: 'then' } }],
    ['to data of a period that ends before it starts', { dataPeriod: { start: '2026', end: '2025' } }],
    ['to an actor of an unknown kind', { actor: actor('Group/1') }],
    ['to an actor who receives nothing', { actor: actor('Practitioner/1', 'CST') }],
    ['to what depends on something', { data: data('dependents', 'Observation/1') }],
    ['to what belongs to no visit, plan or episode', { data: data('related', 'Observation/1') }],
    ['to what a group wrote', { data: data('authoredby', 'Group/1') }],
    ['to what stands elsewhere', { data: data('instance', 'https://elsewhere.org/Observation/1') }],
  ]
  for (const [title, limit] of cases) test(title, () => assert.deepEqual(rulesOf(permit(limit)), []))
})

describe('a permit is', () => {
  const cases: [title: string, Provision, Partial<ConsentRule>][] = [
    [
      'for everybody who treats the patient, of the whole record',
      {},
      { actors: 'everybody', part: { meaning: 'whole' } },
    ],
    ...['Practitioner', 'PractitionerRole', 'Organization', 'Patient', 'RelatedPerson'].map(
      (type): [string, Provision, Partial<ConsentRule>] => {
        return [`for a ${type}`, { actor: actor(`${type}/1`) }, { actors: [`${type}/1`] }]
      },
    ),
    ...['IRCP', 'PRCP'].map((role): [string, Provision, Partial<ConsentRule>] => {
      return [
        `for an actor who receives by ${role}`,
        { actor: actor('Practitioner/1', role) },
        { actors: ['Practitioner/1'] },
      ]
    }),
    [
      'for those of its actors who are known',
      { actor: [...actor('Practitioner/1'), ...actor('Group/1')] },
      { actors: ['Practitioner/1'] },
    ],
    ...['access', 'use', 'disclose'].map((action): [string, Provision, Partial<ConsentRule>] => {
      return [`to ${action}`, { action: [coded('correct'), coded(action)] }, { actors: 'everybody' }]
    }),
    ['for any purpose when none is named', {}, { purposes: 0 }],
    ['for its purpose', { purpose: reason('TREAT') }, { purposes: 1 }],
    ['for a purpose that names no system', { purpose: [{ code: 'TREAT' }] }, { purposes: 1 }],
    ['for data of any time', {}, { dataPeriod: undefined }],
    [
      'for data of its time',
      { dataPeriod: { start: '2025', end: '2025' } },
      { dataPeriod: [Date.UTC(2025, 0), Date.UTC(2026, 0)] },
    ],
    ['of what is not labelled', {}, { labels: labelBits.normal }],
    ['of what its label names', { securityLabel: confidentiality('R') }, { labels: labelBits.restricted }],
    [
      'of one resource as it is',
      { data: data('instance', 'Observation/1') },
      { part: { meaning: 'instance', name: 'Observation/1' }, labels: labelBits.any },
    ],
    [
      'of what belongs to a visit, if it is not labelled',
      { data: data('related', 'Encounter/1') },
      { part: { meaning: 'related', name: 'Encounter/1' }, labels: labelBits.normal },
    ],
    [
      'of what somebody wrote',
      { data: data('authoredby', 'Practitioner/1') },
      { part: { meaning: 'authoredby', name: 'Practitioner/1' } },
    ],
    ['for ever', {}, { starts: 0, ends: Number.MAX_SAFE_INTEGER }],
    ['from its start on', { period: { start: '2026' } }, { starts: Date.UTC(2026, 0), ends: Number.MAX_SAFE_INTEGER }],
    ['to the end of its last day', { period: { end: '2026-01-01' } }, { ends: Date.UTC(2026, 0, 2) }],
  ]
  for (const [title, provision, expected] of cases) {
    test(title, () => says(only(rulesOf(permit(provision))), { type: 'permit', ...expected }))
  }

  test('one rule for each part that is understood', () => {
    const parts = [
      ...data('instance', 'Observation/1'),
      ...data('dependents', 'Observation/2'),
      ...data('related', 'CarePlan/1'),
    ]
    assert.deepEqual(
      rulesOf(permit({ data: parts })).map(({ part }) => part),
      [
        { meaning: 'instance', name: 'Observation/1' },
        { meaning: 'related', name: 'CarePlan/1' },
      ],
    )
  })
})

describe('a deny is widened by what is not understood', () => {
  const cases: [title: string, Provision, Partial<ConsentRule>][] = [
    ['an actor', { actor: [...actor('Practitioner/1'), ...actor('Group/1')] }, { actors: 'everybody' }],
    [
      'a part of the record',
      { data: [...data('instance', 'Observation/1'), ...data('dependents', 'Observation/2')] },
      { part: { meaning: 'whole' } },
    ],
    ['a purpose', { purpose: [...reason('TREAT'), ...reason('FUN')] }, { purposes: 0 }],
    ['a label', { securityLabel: [...confidentiality('R'), ...confidentiality('X')] }, { labels: labelBits.any }],
    ['a period', { period: { start: '2026', end: '2025' } }, { starts: 0, ends: Number.MAX_SAFE_INTEGER }],
    ['a period of the data', { dataPeriod: { start: '2026', end: '2025' } }, { dataPeriod: undefined }],
  ]
  for (const [title, provision, expected] of cases) {
    test(title, () => says(only(rulesOf(deny(provision))), { type: 'deny', ...expected }))
  }

  test('and by nothing else', () => {
    const said = {
      ...{ actor: actor('Practitioner/1', 'CST'), data: data('instance', 'Observation/1'), purpose: reason('TREAT') },
      ...{ securityLabel: confidentiality('R'), period: { start: '2026' }, dataPeriod: { start: '2025' } },
    }
    says(only(rulesOf(deny(said))), {
      ...{ actors: ['Practitioner/1'], part: { meaning: 'instance', name: 'Observation/1' }, purposes: 1 },
      ...{ labels: labelBits.restricted, starts: Date.UTC(2026, 0) },
      dataPeriod: [Date.UTC(2025, 0), Number.MAX_SAFE_INTEGER],
    })
  })

  test('of everything, by everybody, when it says no more', () => {
    says(only(rulesOf(deny({}))), {
      ...{ actors: 'everybody', part: { meaning: 'whole' }, purposes: 0, labels: labelBits.any, dataPeriod: undefined },
    })
  })
})

describe('an exception', () => {
  const exceptions = (provision: Provision) => rulesOf(provision).filter(({ exception }) => exception)

  test('inherits what it does not say itself', () => {
    const parent = permit({ actor: actor('Practitioner/1'), securityLabel: confidentiality('R') })
    says(only(exceptions({ ...parent, provision: [permit({ purpose: reason('TREAT') })] })), {
      ...{ actors: ['Practitioner/1'], purposes: 1, labels: labelBits.restricted },
    })
  })

  test('that denies inherits no label: it speaks of all that it names', () => {
    const parent = permit({ securityLabel: confidentiality('R') })
    const [rule] = exceptions({ ...parent, provision: [deny({ actor: actor('Practitioner/1') })] })
    assert.equal(rule?.labels, labelBits.any)
  })

  test('stands beside the rule, and may permit; an exception of an exception denies alone', () => {
    const deeper = deny({ provision: [permit({ provision: [permit({}), deny({})] })] })
    assert.deepEqual(
      rulesOf(deeper).map(({ type, exception }) => [type, exception]),
      [
        ['deny', false],
        ['permit', true],
        ['deny', true],
      ],
    )
  })
})

describe('what the patient allows to all who treat him takes the place of what the hospital allows', () => {
  const limits: [title: string, Provision][] = [
    ['a part of the record', { data: data('authoredby', 'Practitioner/1') }],
    ['data of a time', { dataPeriod: { start: '2025' } }],
    ['classes', { class: [{ code: 'x' }] }],
    ['codes', { code: [coded('x')] }],
    ['actions', { action: [coded('access')] }],
    ['labels without what is normal', { securityLabel: confidentiality('R') }],
  ]
  for (const [title, limit] of limits) {
    test(`where it is limited to ${title}`, () => {
      const period = { start: '2026', end: '2026' }
      says(of(permit({ ...limit, period, purpose: reason('TREAT') })).overarching, {
        ...{ type: 'permit', actors: 'everybody', part: { meaning: 'whole' }, labels: labelBits.any, purposes: 1 },
        ...{ starts: Date.UTC(2026, 0), ends: Date.UTC(2027, 0), dataPeriod: undefined },
      })
      assert.equal(of(permit(limit)).overarching?.purposes, 0)
    })
  }

  const part = { data: data('authoredby', 'Practitioner/1') }
  const others: [title: string, Provision][] = [
    ['a permit without a limit', permit({})],
    ['a permit of what is normal', permit({ securityLabel: confidentiality('N') })],
    ['a deny', deny(part)],
    ['a permit that names somebody', permit({ ...part, actor: actor('Practitioner/1') })],
    ['a period that cannot be read', permit({ ...part, period: { start: '2026', end: '2025' } })],
    ['a purpose that is not known', permit({ ...part, purpose: reason('FUN') })],
  ]
  for (const [title, provision] of others) {
    test(`but not by ${title}`, () => assert.equal(of(provision).overarching, undefined))
  }
})
