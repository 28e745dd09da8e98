import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { grantObligation } from '../../src/access/obligations.ts'
import { consentRules } from '../../src/access/consent-rules.ts'
import { type Asker, decide } from '../../src/access/decide.ts'
import { createFacts, type Facts } from '../../src/access/facts.ts'
import { implicitPolicies, type ImplicitPolicy } from '../../src/access/implicit-policy.ts'
import { purposes } from '../../src/access/purposes.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { base, buildAccess } from '../unit/access/build-access.ts'
import { exampleConsents, exampleRecords, expected } from './consent-examples.ts'

/** After the example that expires did. */
const now = Date.UTC(2023, 5, 1)
const consents = new Map(exampleConsents().map((consent) => [consent.id!, consent]))
let records: readonly Facts[]

before(async () => {
  const { definitions, search } = await buildAccess()
  const factsOf = createFacts({ definitions, extract: (...of) => search.extract(...of), base })
  records = exampleRecords().map(factsOf)
})

const asker = (name: string, more: Partial<Asker> = {}): Asker => ({
  ...{ name: `Practitioner/${name}`, active: true, parties: [], purposes: purposes.treatment },
  ...{ wrote: false, treats: true, ...more },
})
const treating = asker('ex-other')

function seen(who: Asker, given: readonly Resource[], policy: ImplicitPolicy = 'deny', at = now): string[] {
  const rules = given.map((consent) => consentRules(consent, base))
  const allowed = records.filter((facts) => decide(who, facts, rules, { policy, at }).allowed)
  return allowed.map(({ name }) => name.split('/')[1]!).sort()
}

describe('PCF-6: the examples of the guide', () => {
  test('PCF-6: are all here', () => assert.deepEqual([...consents.keys()].sort(), Object.keys(expected).sort()))

  for (const [id, { allows, to = allows }] of Object.entries(expected)) {
    test(`PCF-6: ${id} lets those who treat the patient see exactly what it says, and nobody else anything`, () => {
      const consent = consents.get(id)!
      assert.deepEqual(seen(treating, [consent]), [...allows].sort())
      assert.deepEqual(seen(asker('ex-practitioner'), [consent]), [...to].sort())
      const stranger = seen(asker('ex-stranger', { treats: false }), [consent])
      assert.deepEqual(stranger, [])
      const suspended = seen(asker('ex-practitioner', { active: false }), [consent])
      assert.deepEqual(suspended, [])
    })
  }

  test('PCF-6: for another purpose than treatment they permit what names it', () => {
    const research = 1 << 3
    const one = (id: string) => seen(asker('ex-other', { purposes: research }), [consents.get(id)!]).length
    assert.deepEqual([one('ex-consent-basic-research') > 0, one('ex-consent-basic-treat')], [true, 0])
  })
})

describe('PCF-3: the implicit policies', () => {
  const normal = [...expected['ex-consent-basic-treat']!.allows].sort()
  const without: Record<ImplicitPolicy, readonly [treats: string[], stranger: string[]]> = {
    normal: [normal, []],
    'all-normal': [normal, normal],
    'break-glass-only': [[], []],
    deny: [[], []],
  }
  for (const policy of implicitPolicies) {
    test(`PCF-3: ${policy} decides while the patient has said nothing`, () => {
      const [treats, stranger] = without[policy]
      assert.deepEqual(seen(treating, [], policy), treats)
      assert.deepEqual(seen(asker('x', { treats: false }), [], policy), stranger)
      assert.deepEqual(seen(asker('ex-author', { wrote: true, treats: false }), [], policy).length, records.length)
    })

    test(`PCF-3: a Consent for all who treat the patient takes the place of ${policy}`, () => {
      const timeframe = [consents.get('ex-consent-intermediate-authoredby')!]
      assert.deepEqual(seen(treating, timeframe, policy), ['ex-own'])
      assert.deepEqual(seen(treating, [consents.get('ex-consent-basic-reject')!], policy), [])
      assert.deepEqual(seen(treating, [consents.get('ex-consent-basic-treat')!], policy), normal)
    })
  }

  test('PCF-3: a Consent for research leaves treatment to the policy', () => {
    assert.deepEqual(seen(treating, [consents.get('ex-consent-basic-research')!], 'normal'), normal)
  })
})

describe('PCF-4: parts of a record', () => {
  const timeframe = consents.get('ex-consent-intermediate-timeframe')!
  const provision = timeframe['provision'] as object

  test('PCF-4: are told by when the data is from, both ends included', () => {
    const of = (start: string, end: string) => [
      { ...timeframe, provision: { ...provision, dataPeriod: { start, end } } },
    ]
    assert.deepEqual(seen(treating, of('2016-03-28', '2016-03-28')), ['ex-weight-2'])
    assert.deepEqual(seen(treating, of('2016-03-29', '2020-12-03')), [])
    assert.deepEqual(seen(treating, of('2020', '2021')), ['ex-bloodSugar', 'ex-own'])
    // What has no date of its own is from when it was written down.
    assert.deepEqual(seen(treating, of('2023-03', '2023-03')), ['ex-encounter'])
  })
})

describe('PCF-9: what is not in force', () => {
  const treat = consents.get('ex-consent-basic-treat')!
  const expiring = consents.get('ex-consent-expired-treat')!

  test('PCF-9: an expired Consent has no effect from the end of its last day on', () => {
    const end = Date.UTC(2023, 0, 1)
    assert.ok(seen(treating, [expiring], 'deny', end - 1).length > 0)
    assert.deepEqual(seen(treating, [expiring], 'deny', end), [])
  })

  for (const status of ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error']) {
    test(`PCF-9: a Consent that is ${status} has none`, () => {
      assert.deepEqual(seen(treating, [{ ...treat, status }]), [])
    })
  }
})

describe('several Consents', () => {
  const of = (provision: object): Resource => ({
    ...{ resourceType: 'Consent', status: 'active', patient: { reference: 'Patient/ex-patient' } },
    provision,
  })
  const actor = (name: string) => [{ reference: { reference: name } }]
  const me = asker('ex-practitioner', { treats: false, parties: ['Organization/ward', 'PractitionerRole/1'] })
  const permit = of({ type: 'permit', actor: actor('Practitioner/ex-practitioner') })

  test('AR-9: a deny beats a permit, whoever gave it and whomever it names', () => {
    assert.ok(seen(me, [permit]).length > 0)
    for (const name of ['Practitioner/ex-practitioner', 'Organization/ward', 'PractitionerRole/1', 'Group/unknown']) {
      assert.deepEqual(seen(me, [permit, of({ type: 'deny', actor: actor(name) })]), [], name)
    }
    assert.deepEqual(seen(me, [permit, of({ type: 'deny' })]), [])
    assert.ok(seen(me, [permit, of({ type: 'deny', actor: actor('Organization/other') })]).length > 0)
  })

  test('a permit for a role or an organization is for who acts for it', () => {
    for (const name of ['Organization/ward', 'PractitionerRole/1']) {
      const given = [of({ type: 'permit', actor: actor(name) })]
      assert.ok(seen(me, given).length > 0)
      assert.deepEqual(seen({ ...me, parties: ['Organization/other'] }, given), [])
    }
  })

  test('the exception of a denial lifts it for whom it names, and no other denial', () => {
    const actors = actor('Practitioner/ex-practitioner')
    const dissent = of({ type: 'deny', provision: [{ type: 'permit', actor: actors }] })
    assert.ok(seen(me, [dissent]).length > 0)
    assert.deepEqual(seen({ ...me, name: 'Practitioner/other', treats: true }, [dissent]), [])
    assert.deepEqual(seen(me, [dissent, of({ type: 'deny', actor: actors })]), [])
    const both = {
      type: 'deny',
      provision: [
        { type: 'permit', actor: actors },
        { type: 'deny', actor: actors },
      ],
    }
    assert.deepEqual(seen(me, [of(both)]), [])
  })

  test('what is nested deeper can only deny', () => {
    const deeper = { type: 'deny', provision: [{ type: 'deny', provision: [{ type: 'permit' }] }] }
    assert.deepEqual(seen({ ...me, treats: true }, [of(deeper)]), [])
  })

  test('nobody is bound by an obligation who has a permit without it', () => {
    const obliged = {
      ...permit,
      extension: [{ url: grantObligation, valueCode: 'no-reshare' }],
    }
    const [facts] = records
    const asked = (given: Resource[]) =>
      decide(
        me,
        facts!,
        given.map((one) => consentRules(one, base)),
        { policy: 'deny', at: now },
      )
    assert.deepEqual(asked([obliged]), { allowed: true, obligations: 4 })
    assert.deepEqual(asked([obliged, permit]), { allowed: true, obligations: 0 })
  })
})
