import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, anObservation } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let author: SomePerson
let doctor: SomePerson
let patient: SomePerson
let letter: string
let result: string

before(async () => {
  server = await startServer()
  people = peopleOf(server)
  author = await people.doctor()
})
after(() => server.close())

/** A patient with a letter and a result, both by the author, and a doctor who sees neither. */
async function fresh(): Promise<void> {
  doctor = await people.doctor()
  patient = await people.patient({ generalPractitioner: [author.reference] })
  const stored = async (resource: { resourceType: string }) => {
    const { status, body } = await author.client.post(resource.resourceType, resource)
    assert.equal(status, 201, JSON.stringify(body))
    return `${resource.resourceType}/${body.id}`
  }
  letter = await stored(aDocumentReference(patient.name))
  result = await stored(anObservation(patient.name, { performer: [author.reference] }))
}

function aConsent(provision: object = {}, more: object = {}) {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: patient.reference,
    policyRule: { text: 'as agreed' },
    provision: { type: 'permit', actor: [actor(doctor)], ...provision },
    ...more,
  }
}

const actor = ({ reference }: SomePerson) => ({ role: { coding: [{ code: 'IRCP' }] }, reference })
const instance = (reference: string) => ({ meaning: 'instance', reference: { reference } })
const sees = async (name: string) => (await doctor.client.get(name)).status === 200
const gives = (by: SomePerson, consent: object) => by.client.post('Consent', consent)

describe('a patient’s Consent', () => {
  test('opens the whole record from the moment it is written', async () => {
    await fresh()
    assert.deepEqual([await sees(patient.name), await sees(letter), await sees(result)], [false, false, false])
    const { status, body } = await gives(patient, aConsent())
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual(body.performer, [patient.reference])
    assert.deepEqual([await sees(patient.name), await sees(letter), await sees(result)], [true, true, true])
    const found = await doctor.client.get('Observation?_summary=count')
    assert.equal(found.body.total, 1)
  })

  test('closes it on the next request after it is revoked', async () => {
    await fresh()
    const { body } = await gives(patient, aConsent())
    assert.equal(await sees(letter), true)
    assert.equal((await patient.client.put(`Consent/${body.id}`, { ...body, status: 'inactive' })).status, 200)
    assert.deepEqual([await sees(patient.name), await sees(letter), await sees(result)], [false, false, false])
  })

  test('beats relation and authorship when it denies', async () => {
    await fresh()
    const denied = aConsent({ type: 'deny', actor: [actor(author)], data: [instance(letter)] })
    assert.equal((await gives(patient, denied)).status, 201)
    assert.equal((await author.client.get(letter)).status, 404)
    assert.equal((await author.client.get(result)).status, 200)
  })

  test('speaks for nobody else', async () => {
    await fresh()
    const other = await people.patient()
    const about = await gives(patient, aConsent({}, { patient: other.reference }))
    assert.equal(about.status, 403)
    assert.deepEqual(about.body.issue[0].expression, ['Consent.patient'])
    const inTheName = await gives(patient, aConsent({}, { performer: [other.reference] }))
    assert.equal(inTheName.status, 422)
  })

  test('cannot name another’s document, whether there is one or not', async () => {
    await fresh()
    const own = patient
    const foreign = letter
    await fresh()
    for (const data of [[instance(foreign)], [instance('DocumentReference/none')]]) {
      const { status, body } = await gives(patient, aConsent({ data }))
      assert.equal(status, 422)
      assert.deepEqual(body.issue[0].expression, ['Consent.provision.data[0].reference'])
    }
    assert.notEqual(own.name, patient.name)
  })
})

describe('a doctor’s grant', () => {
  const share = (more: object = {}, rest: object = {}) => aConsent({ data: [instance(letter)], ...more }, rest)

  test('opens a document that he wrote, for thirty days', async () => {
    await fresh()
    const { status, body } = await gives(author, share())
    assert.equal(status, 201, JSON.stringify(body))
    const { start, end } = body.provision.period
    assert.equal(Date.parse(end) - Date.parse(start), 30 * 86_400_000)
    assert.deepEqual([await sees(letter), await sees(result)], [true, false])
  })

  test('is the patient’s to revoke, not to rewrite', async () => {
    await fresh()
    const { body } = await gives(author, share())
    const path = `Consent/${body.id}`
    const longer = { ...body, provision: { ...body.provision, period: { start: '2020-01-01' } } }
    assert.equal((await patient.client.put(path, longer)).status, 403)
    assert.equal((await patient.client.put(path, { ...body, status: 'inactive' })).status, 200)
    assert.equal(await sees(letter), false)
  })

  const refusals: [title: string, status: number, consent: () => object][] = [
    ['a whole record', 422, () => aConsent()],
    ['a group', 422, () => share({ actor: [{ reference: { reference: 'Group/1' } }] })],
    ['related data', 422, () => share({ data: [{ ...instance(letter), meaning: 'related' }] })],
    ['a result', 422, () => share({ data: [instance(result)] })],
    ['another’s name', 422, () => share({}, { performer: [patient.reference] })],
  ]
  for (const [title, status, consent] of refusals) {
    test(`of ${title} is refused: ${status}`, async () => {
      await fresh()
      assert.equal((await gives(author, consent())).status, status)
      assert.equal(await sees(letter), false)
    })
  }

  test('of a document that he may only read is refused: 403', async () => {
    await fresh()
    await gives(author, share())
    const third = await people.doctor()
    const passedOn = await gives(doctor, share({ actor: [actor(third)] }))
    assert.equal(passedOn.status, 403)
    assert.deepEqual(passedOn.body.issue[0].expression, ['Consent.provision.data[0].reference'])
  })

  test('of a document about another patient is refused: 422', async () => {
    await fresh()
    const foreign = letter
    await fresh()
    const { status } = await gives(author, aConsent({ data: [instance(foreign)] }))
    assert.equal(status, 422)
    assert.equal(await sees(foreign), false)
  })
})
