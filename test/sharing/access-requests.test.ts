import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  anAccessRequest,
  aHospital,
  current,
  days,
  document,
  granted,
  ofKind,
  requested,
  scope,
  statuses,
  step,
  type StoredTask,
  wholeRecord,
  withAccount,
} from '../support/access-request.ts'
import { mailsTo, type SomePerson } from '../support/people.ts'
import { startServer, type TestServer } from '../support/server.ts'

type Hospital = Awaited<ReturnType<typeof aHospital>>
let server: TestServer
let people: Hospital['people']
let office: Hospital['office']
let author: Hospital['author']
let fresh: Hospital['fresh']
before(async () => {
  server = await startServer()
  ;({ people, office, author, fresh } = await aHospital(server))
})
after(() => server.close())

describe('a request about a patient whom the doctor may see', () => {
  test('AR-1: approval opens what was asked for at once, and another document of the patient stays closed', async () => {
    const { doctor, patient, letters, image } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await requested(server, doctor, asked)
    assert.deepEqual([task.status, task.owner.identifier?.value], ['received', 'records-office'])
    assert.deepEqual(await statuses(doctor, [...letters, image]), [404, 404, 404])
    const { status, body } = await step(office, await current(office, task), 'accepted')
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.status, 'completed')
    assert.deepEqual(await statuses(doctor, [...letters, image]), [200, 200, 404])
    const consent = (await doctor.client.get(body.output[0].valueReference.reference)).body
    assert.deepEqual([consent.status, consent.provision.data.length], ['active', 2])
    const provenance = await office.client.get(`Provenance?target=Consent/${consent.id}`)
    assert.equal(provenance.body.entry[0].resource.activity.coding[0].code, 'authorize')
    assert.match(mailsTo(server, doctor.email).at(-1)!, /request for access was looked at/)
    assert.match(mailsTo(server, patient.email).at(-1)!, /given access to your record/)
  })

  test('AR-1: a patient with an account decides, and the Consent is the patient’s own', async () => {
    const { doctor, patient, letters } = await fresh()
    await withAccount(server, patient)
    const asked = anAccessRequest({ for: patient.reference, input: [scope(wholeRecord)] })
    const task = await requested(server, doctor, asked)
    assert.equal(task.owner.reference, patient.name)
    assert.match(mailsTo(server, patient.email).at(-1)!, /request for access waits/)
    const found = await patient.client.get('Task?code=access-request&status=received')
    assert.deepEqual(
      found.body.entry.map(({ resource }: { resource: StoredTask }) => resource.id),
      [task.id],
    )
    const { status, body } = await step(patient, await current(patient, task), 'accepted')
    assert.equal(status, 200, JSON.stringify(body))
    const consent = (await patient.client.get(body.output[0].valueReference.reference)).body
    assert.match(consent.meta.profile[0], /patient-share-consent$/)
    assert.deepEqual(consent.performer, [patient.reference])
    assert.deepEqual(await statuses(doctor, letters), [200, 200])
  })

  test('AR-2: a partial approval grants the subset alone, and never more than was asked for', async () => {
    const { doctor, patient, letters, image } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await current(office, await requested(server, doctor, asked))
    for (const more of [document(image), wholeRecord, ofKind('image')]) {
      const refused = await step(office, task, 'accepted', { output: [granted(more)] })
      assert.equal(refused.status, 422, JSON.stringify(refused.body))
    }
    const longer = { type: { coding: [{ code: 'granted-period' }] }, valuePeriod: { end: days(60) } }
    assert.equal((await step(office, task, 'accepted', { output: [longer] })).status, 422)
    const { status, body } = await step(office, task, 'accepted', { output: [granted(document(letters[0]))] })
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual(await statuses(doctor, [...letters, image]), [200, 404, 404])
  })

  test('AR-5: nobody decides on the own request, an administrator as little as a doctor', async () => {
    const { doctor, patient, letters } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await requested(server, doctor, asked)
    for (const status of ['accepted', 'rejected', 'on-hold']) {
      assert.equal((await step(doctor, task, status, { statusReason: { text: 'so' } })).status, 403)
    }
    assert.deepEqual(await statuses(doctor, letters), [404, 404])
    const own = (await office.client.post('Task', asked)).body as StoredTask
    await server.composed.lookAfterRequests()
    assert.equal((await step(office, await current(office, own), 'accepted')).status, 403)
  })

  test('AR-6: an approval that is sent again is 412 with the old ETag, and 409 without one', async () => {
    const { doctor, patient } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await current(office, await requested(server, doctor, asked))
    assert.equal((await step(office, task, 'accepted')).status, 200)
    assert.equal((await step(office, task, 'accepted')).status, 412)
    const again = await office.client.put(`Task/${task.id}`, { ...task, status: 'accepted' })
    assert.equal(again.status, 409)
    const consents = await office.client.get(`Consent?patient=${patient.id}`)
    assert.equal(consents.body.total, 1)
  })

  test('AR-6: of two who decide at the same time one gives a grant', async () => {
    const { doctor, patient } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await current(office, await requested(server, doctor, asked))
    const answers = await Promise.all([1, 2, 3].map(async () => (await step(office, task, 'accepted')).status))
    assert.deepEqual(answers.sort(), [200, 412, 412])
    assert.equal((await office.client.get(`Consent?patient=${patient.id}`)).body.total, 1)
  })

  test('AR-7: a rejection needs its reason', async () => {
    const { doctor, patient, letters } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await current(office, await requested(server, doctor, asked))
    const bare = await step(office, task, 'rejected')
    assert.equal(bare.status, 422)
    const rejected = await step(office, task, 'rejected', { statusReason: { text: 'not treating' } })
    assert.equal(rejected.status, 200)
    assert.deepEqual((await current(doctor, task)).statusReason, { text: 'not treating' })
    assert.deepEqual(await statuses(doctor, letters), [404, 404])
    const later = await step(office, rejected.body as StoredTask, 'accepted')
    assert.equal(later.status, 409)
  })

  test('goes back and forth while something is asked, and can be cancelled until it is accepted', async () => {
    const { doctor, patient } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await requested(server, doctor, asked)
    const held = await step(office, await current(office, task), 'on-hold', { note: [{ text: 'Which letter?' }] })
    assert.equal(held.status, 200, JSON.stringify(held.body))
    const early = await step(office, held.body as StoredTask, 'accepted')
    assert.equal(early.status, 409)
    assert.match(early.body.issue[0].diagnostics, /"received" or "cancelled"/)
    const note = [...held.body.note, { text: 'That of March.' }]
    const answered = await step(doctor, await current(doctor, task), 'received', { note })
    assert.equal(answered.status, 200, JSON.stringify(answered.body))
    assert.equal((await step(office, await current(office, task), 'cancelled')).status, 403)
    assert.equal((await step(doctor, await current(doctor, task), 'cancelled')).status, 200)
    assert.equal((await step(doctor, await current(doctor, task), 'requested')).status, 409)
  })

  test('a draft is routed when it is sent', async () => {
    const { doctor, patient } = await fresh()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] }, { status: 'draft' })
    const draft = await requested(server, doctor, asked)
    assert.equal(draft.status, 'draft')
    assert.equal((await step(doctor, draft, 'received')).status, 409)
    assert.equal((await step(doctor, draft, 'requested', { input: [scope(ofKind('image'))] })).status, 200)
    await server.composed.lookAfterRequests()
    assert.equal((await current(doctor, draft)).status, 'received')
  })

  test('the office hands it on to the author, who grants what he wrote and no whole record', async () => {
    const { doctor, patient, letters } = await fresh()
    const about = (what: object) => anAccessRequest({ for: patient.reference, input: [scope(what)] })
    const handedOn = async (what: object) => {
      const task = await current(office, await requested(server, doctor, about(what)))
      const owner = (to: SomePerson) => office.client.put(`Task/${task.id}`, { ...task, owner: to.reference })
      assert.equal((await owner(doctor)).status, 422)
      assert.equal((await owner(await people.patient())).status, 422)
      assert.equal((await owner(author)).status, 200)
      return step(author, await current(author, task), 'accepted')
    }
    assert.equal((await handedOn(wholeRecord)).status, 403)
    assert.equal((await handedOn(ofKind('letter'))).status, 200)
    assert.deepEqual(await statuses(doctor, letters), [200, 200])
  })

  const bad: [title: string, status: number, more: object][] = [
    ['more than 90 days', 422, { restriction: { period: { end: days(91) } } }],
    ['no end', 422, { restriction: { period: { start: days(0) } } }],
    ['a period that is over', 422, { restriction: { period: { end: days(-1) } } }],
    ['an unknown purpose', 422, { reasonCode: { coding: [{ code: 'CURIOUS' }] } }],
    ['no purpose', 422, { reasonCode: undefined }],
    ['no scope', 422, { input: [] }],
    ['a scope of results', 422, { input: [scope({ valueReference: { reference: 'Observation/1' } })] }],
    [
      'another person as recipient',
      422,
      { restriction: { period: { end: days(1) }, recipient: [{ reference: 'Practitioner/x' }] } },
    ],
    ['the name of another', 422, { requester: { reference: 'Practitioner/x' } }],
    ['a state that is not its to have', 409, { status: 'accepted' }],
    ['a grant of its own making', 422, { output: [{ type: { coding: [{ code: 'grant' }] }, valueString: 'x' }] }],
    ['a Task that it would route', 422, { basedOn: [{ reference: 'Task/1' }] }],
  ]
  for (const [title, expected, more] of bad) {
    test(`with ${title} is refused: ${expected}`, async () => {
      const { doctor, patient } = await fresh()
      const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] }, more)
      const { status, body } = await doctor.client.post('Task', asked)
      assert.equal(status, expected, JSON.stringify(body))
      assert.equal((await doctor.client.get('Task')).body.total, 0)
    })
  }

  test('says the same until it is decided', async () => {
    const { doctor, patient } = await fresh()
    const other = await people.patient()
    const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] })
    const task = await current(office, await requested(server, doctor, asked))
    for (const more of [
      { for: other.reference },
      { input: [scope(wholeRecord)] },
      { restriction: { period: { end: days(80) } } },
      { requester: author.reference },
      { authoredOn: days(3) },
    ]) {
      const { status } = await office.client.put(`Task/${task.id}`, { ...task, ...more })
      assert.equal(status, 422, JSON.stringify(more))
    }
  })
})
