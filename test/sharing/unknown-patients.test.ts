import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  anAccessRequest,
  aHospital,
  byIdentifier,
  current,
  days,
  mrn,
  ofKind,
  requested,
  scope,
  statuses,
  step,
  type StoredTask,
  withAccount,
} from '../support/access-request.ts'
import { startServer, type TestServer } from '../support/server.ts'

type Hospital = Awaited<ReturnType<typeof aHospital>>
let server: TestServer
let office: Hospital['office']
let strange: Hospital['strange']
let routing: Hospital['routing']
before(async () => {
  server = await startServer()
  ;({ office, strange, routing } = await aHospital(server))
})
after(() => server.close())

describe('a request by an identifier', () => {
  test('AR-8: is answered the same, by the same work, whether the patient exists or not', async () => {
    const { doctor, about } = await strange()
    const unreal = { input: [byIdentifier(mrn, randomUUID()), scope(ofKind('letter'))] }
    const restriction = { period: { end: days(10).replace(/T.*/, 'T00:00:00Z') } }
    const once = async (what: object) => {
      await server.composed.lookAfterRequests()
      const trips = server.composed.roundTrips()
      const { status, body } = await doctor.client.post('Task', anAccessRequest(what, { restriction }))
      return { status, task: body as StoredTask, work: server.composed.roundTrips() - trips }
    }
    // What the server does beside requests (mails, routing) adds to a count now and then: the least is the request's own.
    const ask = async (what: object) => {
      const answers = []
      for (let n = 0; n < 6; n++) answers.push(await once(what))
      await server.composed.lookAfterRequests()
      const [{ status, task }] = answers as [(typeof answers)[0]]
      return { status, task, work: Math.min(...answers.map(({ work }) => work)), routed: await current(doctor, task) }
    }
    const [real, none] = [await ask(about), await ask(unreal)]
    const told = ({ id: _id, meta: _meta, authoredOn: _on, lastModified: _at, input: _input, ...rest }: StoredTask) =>
      rest
    assert.equal(real.status, 201, JSON.stringify(real.task))
    assert.deepEqual([none.status, none.work, told(none.task)], [real.status, real.work, told(real.task)])
    assert.deepEqual(told(none.routed), told(real.routed))
    assert.equal(real.routed.status, 'received')
    assert.equal(real.routed['for'], undefined)
  })

  test('AR-8: the Task that names the patient is not for who asked, by any path', async () => {
    const { doctor, patient, about } = await strange()
    const task = await requested(server, doctor, anAccessRequest(about))
    const hidden = await routing(task)
    assert.deepEqual(hidden['for'], patient.reference)
    const paths = [
      `Task?based-on=Task/${task.id}`,
      `Task?_id=${hidden.id}`,
      `Task?_id=${task.id}&_revinclude=Task:based-on`,
      `Task?_has:Task:based-on:status=received&_id=${task.id}`,
      `Task?patient=${patient.id}`,
    ]
    for (const path of paths) {
      const { status, body } = await doctor.client.get(path)
      assert.equal(status, 200, path)
      assert.ok(!JSON.stringify(body.entry ?? []).includes(hidden.id), path)
    }
    assert.equal((await doctor.client.get(`Task?_has:Task:based-on:status=received&_id=${task.id}`)).body.total, 0)
    assert.deepEqual(
      await statuses(doctor, [`Task/${hidden.id}`, `Task/${hidden.id}/_history`, patient.name]),
      [404, 404, 404],
    )
  })

  test('AR-8: an identifier that nobody has ends as rejected, in the words of any refusal', async () => {
    const { doctor, about } = await strange()
    const refused = await requested(server, doctor, anAccessRequest(about))
    const statusReason = { text: 'no such treatment' }
    assert.equal((await step(office, await routing(refused), 'rejected', { statusReason })).status, 200)
    const unknown = await requested(
      server,
      doctor,
      anAccessRequest({ input: [byIdentifier(mrn, 'none'), scope(ofKind('letter'))] }),
    )
    const waiting = await routing(unknown)
    const accepted = await step(office, waiting, 'accepted')
    assert.equal(accepted.status, 422)
    assert.equal((await step(office, waiting, 'rejected', { statusReason })).status, 200)
    const ends = [await current(doctor, refused), await current(doctor, unknown)]
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.deepEqual(ends[0]!.statusReason, ends[1]!.statusReason)
  })

  test('is decided by the patient, who sees who asks; the doctor sees the patient from then on', async () => {
    const { doctor, patient, letters, about } = await strange()
    await withAccount(server, patient)
    const task = await requested(server, doctor, anAccessRequest(about))
    assert.equal(task.owner.identifier?.value, 'records-office')
    const { body } = await patient.client.get('Task?status=received')
    const waiting = body.entry[0].resource
    assert.deepEqual(waiting.restriction.recipient, [doctor.reference])
    assert.equal((await step(patient, waiting, 'accepted')).status, 200)
    const done = await current(doctor, task)
    assert.equal(done.status, 'completed')
    assert.equal((await doctor.client.get(done.output![0]!.valueReference!.reference)).status, 200)
    assert.deepEqual(await statuses(doctor, [...letters, patient.name]), [200, 200, 200])
  })

  test('cancelled by who asked is cancelled for who decides', async () => {
    const { doctor, about } = await strange()
    const task = await requested(server, doctor, anAccessRequest(about))
    assert.equal((await step(doctor, task, 'cancelled')).status, 200)
    assert.equal((await routing(task)).status, 'cancelled')
  })
})
