import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isPatientNumber, newPatientNumber } from '../../src/sharing/patient-number.ts'
import { aPatient, aTransaction, posted } from '../support/resources.ts'
import { peopleOf } from '../support/people.ts'
import { type Client, startServer, type TestServer } from '../support/server.ts'

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

describe('PT-4: the number of a patient', () => {
  test('PT-4: 100,000 are unique, none misread, and each one fits its check character', () => {
    const numbers = new Set(Array.from({ length: 100_000 }, newPatientNumber))
    assert.equal(numbers.size, 100_000)
    for (const number of numbers) assert.ok(isPatientNumber(number) && /^[0-9A-HJKMNP-TV-Z]{11}$/.test(number), number)
  })

  test('PT-4: each wrong character and each swap of neighbours is told by the check character', () => {
    for (let n = 0; n < 300; n++) {
      const number = newPatientNumber()
      for (let at = 0; at < number.length; at++) {
        for (const letter of letters) {
          if (letter === number[at]) continue
          const wrong = number.slice(0, at) + letter + number.slice(at + 1)
          assert.ok(!isPatientNumber(wrong), `${number} and ${wrong}`)
        }
        if (at === 0 || number[at] === number[at - 1]) continue
        const swapped = number.slice(0, at - 1) + number[at] + number[at - 1] + number.slice(at + 1)
        assert.ok(!isPatientNumber(swapped), `${number} and ${swapped}`)
      }
    }
  })

  test('is no other length, and not in small letters', () => {
    const number = newPatientNumber()
    for (const wrong of ['', number.slice(1), `${number}0`, number.toLowerCase().replace(/^/, 'a')]) {
      assert.ok(!isPatientNumber(wrong), wrong)
    }
  })
})

describe('PT-4: what a patient is stored with', () => {
  let server: TestServer
  let admin: Client
  let system: string
  before(async () => {
    server = await startServer({ RATE_LIMIT_SCALE: '0' })
    admin = peopleOf(server).admin
    system = `${server.base}/mrn`
  })
  after(() => server.close())

  interface Stored {
    readonly id: string
    readonly meta: { versionId: string }
    readonly identifier: { system: string; value: string; type?: { coding: { code: string }[] } }[]
  }
  const numberOf = ({ identifier }: Stored) => identifier.filter((one) => one.system === system)
  async function created(more: object = {}): Promise<Stored> {
    const { status, body } = await admin.post('Patient', aPatient(more))
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }

  test('PT-4: is a number of type MR that the server made, beside what was sent, and it is found by it', async () => {
    const given = { system: 'urn:elsewhere', value: '7' }
    const patient = await created({ identifier: [given] })
    const [number, ...more] = numberOf(patient)
    assert.deepEqual(more, [])
    assert.deepEqual(patient.identifier[0], given)
    assert.equal(number!.type!.coding[0]!.code, 'MR')
    assert.ok(isPatientNumber(number!.value))
    const { body } = await admin.get(`Patient?identifier=${system}|${number!.value}`)
    assert.deepEqual([body.total, body.entry[0].resource.id], [1, patient.id])
  })

  test('PT-4: within a transaction as well', async () => {
    const { status, body } = await admin.post('/fhir', aTransaction(posted(aPatient()), posted(aPatient())))
    assert.equal(status, 200, JSON.stringify(body))
    const { body: patients } = await admin.get(
      `Patient?_id=${body.entry.map(({ response }: { response: { location: string } }) => /Patient\/([^/]+)/.exec(response.location)![1]).join()}`,
    )
    const values = patients.entry.map(({ resource }: { resource: Stored }) => numberOf(resource)[0]!.value)
    assert.equal(new Set(values).size, 2)
  })

  test('PT-4: nobody makes a number', async () => {
    const identifier = [{ system, value: newPatientNumber() }]
    const { status, body } = await admin.post('Patient', aPatient({ identifier }))
    assert.equal(status, 422)
    assert.deepEqual(body.issue[0].expression, ['Patient.identifier'])
  })

  test('PT-4: it stays: an update that leaves it out keeps it, one that changes it is refused', async () => {
    const patient = await created()
    const path = `Patient/${patient.id}`
    const { identifier: _left, ...rest } = patient
    const without = await admin.put(path, { ...rest, gender: 'male' })
    assert.equal(without.status, 200, JSON.stringify(without.body))
    assert.deepEqual(numberOf(without.body), numberOf(patient))
    const other = [{ ...numberOf(patient)[0]!, value: newPatientNumber() }]
    assert.equal((await admin.put(path, { ...without.body, identifier: other })).status, 422)
    assert.equal((await admin.put(path, { ...without.body, identifier: [...other, ...numberOf(patient)] })).status, 422)
    const patched = await admin.patch(path, [{ op: 'remove', path: '/identifier' }])
    assert.equal(patched.status, 200, JSON.stringify(patched.body))
    assert.deepEqual(numberOf(patched.body), numberOf(patient))
    assert.equal((await admin.patch(path, [{ op: 'replace', path: '/identifier', value: other }])).status, 422)
  })

  test('PT-4: no two patients have one, also not after the first is gone', async () => {
    const value = newPatientNumber()
    const identifier = [{ system, value }]
    await admin.put('Patient/brought', aPatient({ id: 'brought', identifier })).expect(201)
    await admin.put('Patient/brought', aPatient({ id: 'brought', identifier, gender: 'male' })).expect(200)
    await admin.put('Patient/second', aPatient({ id: 'second', identifier })).expect(409)
    await admin.delete('Patient/brought').expect(204)
    await admin.put('Patient/second', aPatient({ id: 'second', identifier })).expect(409)
    await admin.get('Patient/second').expect(404)
  })

  test('PT-4: a number that was brought fits its check character', async () => {
    const number = newPatientNumber()
    const value = `${number.slice(0, -1)}${letters.replace(number.at(-1)!, '')[0]}`
    const identifier = [{ system, value }]
    await admin.put('Patient/mistyped', aPatient({ id: 'mistyped', identifier })).expect(422)
  })

  test('PT-4: who is brought has one number at most, and may get a right one later', async () => {
    const number = (value: string) => ({ system, value })
    const two = [number(newPatientNumber()), number(newPatientNumber())]
    await admin.put('Patient/two', aPatient({ id: 'two', identifier: two })).expect(422)
    await admin.get('Patient/two').expect(404)
    await admin.put('Patient/plain', aPatient({ id: 'plain' })).expect(201)
    const wrong = aPatient({ id: 'plain', identifier: [number('00000000000')] })
    await admin.put('Patient/plain', wrong).expect(422)
    await admin.put('Patient/plain', aPatient({ id: 'plain', identifier: [two[0]] })).expect(200)
  })
})
