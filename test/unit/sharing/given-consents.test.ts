import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { activityKeys } from '../../../src/sharing/active-practitioner.ts'
import { consentGrants } from '../../../src/sharing/consent-grants.ts'
import { base, change, contextOf, office, person, records, refusal } from './request-desk.ts'

const doctor = person('Practitioner/doctor')
const patient = person('Patient/anna', ['patient'])
const { person: _nobody, ...service } = office
const reference = (name: string) => ({ reference: { reference: name } })
const instance = (name: string) => ({ meaning: 'instance', ...reference(name) })

const letter: Resource = {
  ...{ resourceType: 'DocumentReference', id: 'letter', author: [{ reference: 'Practitioner/doctor' }] },
  subject: { reference: 'Patient/anna' },
}
const consent = (provision?: object, more: object = {}): Resource => ({
  ...{ resourceType: 'Consent', id: 'c', status: 'active', patient: { reference: 'Patient/anna' } },
  ...(provision ? { provision } : {}),
  ...more,
})
const share = (more: object = {}) => ({
  type: 'permit',
  actor: [reference('Practitioner/other')],
  data: [instance('DocumentReference/letter')],
  ...more,
})

const rule = consentGrants({
  base,
  factsOf: (resource) => ({ patient: (resource['subject'] as { reference: string }).reference }) as never,
})
const before = (after: Resource | undefined, by: Principal = patient, stored?: Resource) =>
  rule.before!(change(stored, after, by), records([]).work)
async function after(given: Resource | undefined, by: Principal = patient, known = [letter], stored?: Resource) {
  const { work, did } = records(known)
  await rule.after!(change(stored, given, by), work)
  return did
}

describe('a Consent that is given', () => {
  test('says who gave it, when and about whom, where nobody said it', async () => {
    const { patient: about, ...unsaid } = consent(share())
    assert.ok(about)
    const made = (await before(unsaid as Resource))!
    assert.deepEqual(made['performer'], [{ reference: 'Patient/anna' }])
    assert.deepEqual(made['patient'], { reference: 'Patient/anna' })
    assert.equal(made['dateTime'], contextOf(patient).now.toISOString())
    assert.equal((await before(consent(share(), { dateTime: '2026' })))!['dateTime'], '2026')
    assert.deepEqual((await before(consent(share()), doctor))!['performer'], [{ reference: 'Practitioner/doctor' }])
  })

  test('is completed once, and is never in the way of an end', async () => {
    assert.equal(await before(consent(share()), patient, consent()), undefined)
    const wrong = { contained: [{}] }
    assert.equal(await before(undefined, patient, consent()), undefined)
    assert.equal(
      await before(consent(share(), { ...wrong, status: 'inactive' }), patient, consent(share(), wrong)),
      undefined,
    )
    const brought = change(undefined, consent(share(), wrong), office)
    assert.equal(await rule.before!({ ...brought, interaction: 'update' }, records([]).work), undefined)
    const still = before(consent(share(), wrong), patient, consent(share(), { ...wrong, status: 'draft' }))
    await assert.rejects(still, refusal(422, 'Consent.contained'))
  })

  test('is understood: known purposes, labels and obligations, and exceptions of no exceptions', async () => {
    const refused = (given: Resource, expression: string, by = patient) =>
      assert.rejects(before(given, by), refusal(422, expression))
    const path = 'Consent.provision'
    await refused(consent({ purpose: [{ code: 'FUN' }] }), `${path}.purpose`)
    await refused(consent({ securityLabel: [{ code: 'X' }] }), `${path}.securityLabel`)
    const obligation = { url: 'https://elsewhere.example/StructureDefinition/grant-obligation', valueCode: 'no-print' }
    await refused(consent(undefined, { extension: [{ url: 'other' }, obligation] }), 'Consent.extension[1]')
    await refused(consent({ extension: [obligation] }), `${path}.extension[0]`)
    const deep = { provision: [{ provision: [{}] }] }
    await refused(consent(deep), `${path}.provision[0].provision[0]`)
    assert.ok(await before(consent({ provision: [{}] })))
    assert.ok(await before(consent()))
  })

  test('by a patient keeps to what a patient can mean', async () => {
    for (const element of ['action', 'class', 'code']) {
      await assert.rejects(before(consent({ [element]: [] })), refusal(422, `Consent.provision.${element}`))
      assert.ok(await before(consent({ [element]: [] }), office))
      assert.ok(await before(consent({ [element]: [] }), service))
    }
    await assert.rejects(before(consent(undefined, { verification: [] })), refusal(422, 'Consent.verification'))
    assert.ok(await before(consent(undefined, { verification: [] }), office))
  })

  test('by a doctor is a share of documents, which ends', async () => {
    const end = async (period: object | undefined, by = doctor) =>
      ((await before(consent(share(period && { period })), by))!['provision'] as { period?: { end: string } }).period
        ?.end
    assert.equal(await end(undefined), '2026-03-31T12:00:00.000Z')
    assert.equal(await end({ end: '2026-05-29' }), '2026-05-29')
    assert.equal(await end({ end: '2027-05-29' }, office), '2027-05-29')
    await assert.rejects(end({ end: '2026-07-01' }), refusal(422, 'Consent.provision.period.end'))
    await assert.rejects(before(consent({ type: 'permit' }), doctor), refusal(422, 'Consent.provision.actor'))
    assert.ok(await before(consent({ type: 'permit' }), office))
  })
})

describe('a Consent that is written', () => {
  test('becomes grants, and what it was gives none any more', async () => {
    assert.deepEqual(await after(consent(share())), ['1 grants'])
    assert.deepEqual(await after(consent()), [])
    assert.deepEqual(await after(undefined, patient, [letter], consent(share())), ['0 grants'])
    assert.deepEqual(await after(consent(undefined, { status: 'inactive' }), patient, [letter], consent(share())), [
      '0 grants',
    ])
  })

  test('by a doctor is about what he wrote of that patient', async () => {
    const expression = 'Consent.provision.data[0].reference'
    assert.deepEqual(await after(consent(share()), doctor), ['1 grants'])
    await assert.rejects(after(consent(share()), doctor, []), refusal(403, expression))
    const foreign = { ...letter, author: [{ reference: 'Practitioner/other' }] }
    await assert.rejects(after(consent(share()), doctor, [foreign]), refusal(403, expression))
    assert.deepEqual(await after(consent(share()), office, [foreign]), ['1 grants'])
    const unnamed = consent(share(), { patient: undefined })
    await assert.rejects(after(unnamed, doctor, [{ ...letter, subject: {} }]), refusal(422, expression))
  })

  test('is about the data of its own patient, in exceptions as well', async () => {
    const ofBen = { ...letter, subject: { reference: 'Patient/ben' } }
    const expression = 'Consent.provision.data[0].reference'
    await assert.rejects(after(consent(share()), patient, [ofBen]), refusal(422, expression))
    await assert.rejects(after(consent(share()), doctor, [ofBen]), refusal(422, expression))
    const exception = consent({
      type: 'permit',
      provision: [{ type: 'deny', data: [instance('DocumentReference/letter')] }],
    })
    const inException = 'Consent.provision.provision[0].data[0].reference'
    await assert.rejects(after(exception, patient, [ofBen]), refusal(422, inException))
    assert.ok(await after(consent(share()), patient, []))
  })
})

test('the keys of who is active are one each', () => {
  const keysOf = (...any: bigint[]) =>
    activityKeys({ parameter: () => ({ op: 'keys', any }) } as never, { salt: () => 1n } as never)
  assert.equal(keysOf(7n).practitionerActiveKey, 7n)
  assert.throws(() => keysOf(), /not one key/)
  assert.throws(() => keysOf(7n, 8n), /not one key/)
})
