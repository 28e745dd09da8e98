import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { shareByMessage } from '../../../src/sharing/share-by-message.ts'
import { base, change, codes, office, person, records, refusal } from './request-desk.ts'

const doctor = person('Practitioner/doctor')
const anna = person('Patient/anna', ['patient'])
const colleague: Resource = { resourceType: 'Practitioner', id: 'colleague', active: true }
const patient: Resource = {
  ...{ resourceType: 'Patient', id: 'anna', generalPractitioner: [{ reference: 'Practitioner/colleague' }] },
}
const document = (author: string, subject?: string): Resource => ({
  ...{ resourceType: 'DocumentReference', id: 'letter', author: [{ reference: author }] },
  ...(subject ? { subject: { reference: subject } } : {}),
})
const own = document('Practitioner/doctor', 'Patient/anna')

const carrying = (...names: string[]) => ({
  payload: [{ contentString: 'Hello' }, ...names.map((reference) => ({ contentReference: { reference } }))],
})
const message = (status: string, more: object = {}): Resource => ({
  ...{ resourceType: 'Communication', id: 'm', status, recipient: [{ reference: 'Practitioner/colleague' }] },
  ...more,
})
const sent = (more: object = {}) => message('completed', more)
const withLetter = carrying('DocumentReference/letter')

function desk(known: readonly Resource[]) {
  const made = records([colleague, patient, ...known])
  const factsOf = () => ({ labels: 0, patient: 'Patient/anna', name: 'DocumentReference/letter' }) as never
  return { ...made, rule: shareByMessage({ letters: made.letters, codes, base, factsOf }) }
}

async function after(given: Resource | undefined, by: Principal = doctor, known = [own], stored?: Resource) {
  const { rule, work, did, written } = desk(known)
  await rule.after!(change(stored, given, by), work)
  return { did, consent: written.find(({ resourceType }) => resourceType === 'Consent') }
}

const before = (given: Resource | undefined, by: Principal = doctor, stored?: Resource) => {
  const { rule, work } = desk([])
  return rule.before!(change(stored, given, by), work)
}

describe('a message', () => {
  test('says who sends it and when, and a patient’s about whom it is', async () => {
    const made = (await before(sent()))!
    assert.deepEqual(made['sender'], { reference: 'Practitioner/doctor' })
    assert.equal(made['sent'], '2026-03-01T12:00:00.000Z')
    assert.deepEqual((await before(sent(), anna))!['subject'], { reference: 'Patient/anna' })
    assert.equal((await before(message('preparation')))!['sent'], undefined)
  })

  test('that is deleted or was brought from elsewhere is left as it is, and tells nobody', async () => {
    assert.equal(await before(undefined, doctor, sent()), undefined)
    const brought = { ...change(undefined, sent(withLetter), office), interaction: 'update' } as const
    const { rule, work, did } = desk([own])
    assert.equal(await rule.before!(brought, work), undefined)
    await rule.after!(brought, work)
    assert.deepEqual(did, [])
  })

  test('reaches whom it names once it is sent', async () => {
    assert.deepEqual((await after(sent())).did, ['message to colleague'])
    assert.deepEqual((await after(message('preparation'))).did, [])
    assert.deepEqual((await after(sent(), doctor, [own], message('preparation'))).did, ['message to colleague'])
    assert.deepEqual((await after(sent(), doctor, [own], message('in-progress'))).did, [])
  })

  test('with a document grants it to each recipient in the same transaction', async () => {
    const { did, consent } = await after(sent(withLetter))
    assert.deepEqual(did, ['create Consent', '1 grants', 'share to colleague'])
    assert.deepEqual(consent!['patient'], { reference: 'Patient/anna' })
    assert.deepEqual(consent!['performer'], [{ reference: 'Practitioner/doctor' }])
  })

  test('to the patient grants nothing of what is about himself, and nothing about another', async () => {
    const toAnna = { ...withLetter, recipient: [{ reference: 'Patient/anna' }] }
    assert.deepEqual((await after(sent(toAnna))).did, ['share to anna'])
    const ofBen = document('Practitioner/doctor', 'Patient/ben')
    await assert.rejects(after(sent(toAnna), doctor, [ofBen]), refusal(422, 'Communication.recipient[0]'))
  })

  test('carries documents of this server that are about a patient', async () => {
    const expression = 'Communication.payload[1].content'
    await assert.rejects(after(sent(carrying('Media/1'))), refusal(422, expression))
    await assert.rejects(after(sent(withLetter), doctor, []), refusal(422, expression))
    const aboutNobody = document('Practitioner/doctor')
    await assert.rejects(after(sent(withLetter), doctor, [aboutNobody]), refusal(422, expression))
    const aboutDevice = document('Practitioner/doctor', 'Device/1')
    await assert.rejects(after(sent(withLetter), doctor, [aboutDevice]), refusal(422, expression))
  })

  test('passes on what its sender wrote, what is about himself, and anything by the office', async () => {
    const expression = 'Communication.payload[1].content'
    const foreign = document('Practitioner/other', 'Patient/anna')
    await assert.rejects(after(sent(withLetter), doctor, [foreign]), refusal(403, expression))
    assert.deepEqual((await after(sent(withLetter), office, [foreign])).did.at(-1), 'share to colleague')
    assert.deepEqual((await after(sent(withLetter), anna, [foreign])).did.at(-1), 'share to colleague')
    const ofBen = document('Practitioner/other', 'Patient/ben')
    await assert.rejects(after(sent(withLetter), anna, [ofBen]), refusal(403, expression))
    const ofNobody = document('Practitioner/other')
    await assert.rejects(after(sent(withLetter), doctor, [ofNobody]), refusal(403, expression))
  })

  test('is of a person, who shares in his own name', async () => {
    const { person: _nobody, ...service } = office
    await assert.rejects(after(sent(withLetter), service), refusal(403, 'Communication.sender'))
    assert.deepEqual((await after(sent(), service)).did, ['message to colleague'])
  })

  test('that is recalled ends its grants, all of them', async () => {
    const { rule, work, did } = desk([])
    const pages = [[{ resourceType: 'Consent', id: 'c', meta: { versionId: '1' }, status: 'active' }], []]
    const update = async (resource: Resource) => (did.push(`update ${String(resource['status'])}`), resource)
    const finding = {
      ...work,
      update,
      find: async () => pages.shift() ?? assert.fail('asked once too often'),
    } as typeof work
    await rule.after!(change(sent(), message('stopped'), doctor), finding)
    assert.deepEqual(did, ['update inactive', '0 grants'])
    await rule.after!(change(message('preparation'), message('stopped'), doctor), finding)
  })
})
