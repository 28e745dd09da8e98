import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { mailsTo, peopleOf } from '../support/people.ts'
import { aTransaction } from '../support/resources.ts'
import { administrator, type Client, person, startServer, type TestServer } from '../support/server.ts'

const first = { ADMIN_EMAIL: 'first@example.org', ADMIN_PASSWORD: 'correct horse battery staple 9' }

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer({ ...first, RATE_LIMIT_SCALE: '0' })
  ;({ admin } = peopleOf(server))
})
after(() => server.close())

interface Task {
  id: string
  status: string
  businessStatus: { coding: { code: string }[] }
  [element: string]: unknown
}

async function tasksOf(practitioner: string, code = 'practitioner-approval'): Promise<Task[]> {
  const { body } = await admin.get(`Task?code=${code}&focus=Practitioner/${practitioner}`)
  return (body.entry ?? []).map(({ resource }: { resource: Task }) => resource)
}

/** A doctor who registered and followed the link in the mail. */
async function aPendingDoctor(): Promise<{ id: string; email: string; task: Task }> {
  const email = `${randomUUID()}@example.org`
  const family = `F${randomUUID()}`
  const registration = {
    given: 'Ola',
    family,
    email,
    password: 'a long enough password 7',
    licence: 'MD-1',
    role: 'practitioner',
  }
  const registered = await server.anonymous.raw('post')('/register').send(registration)
  assert.equal(registered.status, 202, JSON.stringify(registered.body))
  const [mail] = mailsTo(server, email)
  const code = /\/verify\?code=(\S+)/.exec(mail!)![1]!
  const verified = await server.anonymous.raw('post')('/verify').type('form').send({ code })
  assert.equal(verified.status, 200)
  const { body } = await admin.get(`Practitioner?family=${family}`)
  const id = body.entry[0].resource.id
  const [task] = await tasksOf(id)
  return { id, email, task: task! }
}

const activeOf = async (id: string) => (await admin.get(`Practitioner/${id}`)).body.active
const activate = (id: string, value: boolean, by = admin) =>
  by.patch(`Practitioner/${id}`, [{ op: 'replace', path: '/active', value }])

describe('a doctor who registered', () => {
  test('is an inactive Practitioner, with a Task that asks for approval', async () => {
    const { id, task } = await aPendingDoctor()
    const { body } = await admin.get(`Practitioner/${id}`)
    assert.equal(body.active, false)
    assert.equal(body.identifier[0].value, 'MD-1')
    assert.deepEqual([task.status, task.businessStatus.coding[0]!.code], ['requested', 'pending'])
    const pending = 'Task?code=practitioner-approval&status=requested,in-progress,on-hold&_include=Task:focus'
    const found = (await admin.get(pending)).body.entry.map(({ resource }: { resource: Task }) => resource.id)
    assert.ok(found.includes(task.id) && found.includes(id))
  })

  test('is told to the administrators by a mail that does not say who', async () => {
    const { email } = await aPendingDoctor()
    const mail = mailsTo(server, first.ADMIN_EMAIL).at(-1)!
    assert.match(mail, /waits for approval/)
    assert.ok(!mail.includes(email))
  })
})

describe('one rule behind both entries', () => {
  test('writing active=true completes the open Task, and tells the doctor', async () => {
    const { id, email } = await aPendingDoctor()
    assert.equal((await activate(id, true)).status, 200)
    const [task] = await tasksOf(id)
    assert.deepEqual([task!.status, task!.businessStatus.coding[0]!.code], ['completed', 'accepted'])
    assert.match(mailsTo(server, email).at(-1)!, /^Subject: Your account is active/m)
  })

  test('completing the Task writes active=true', async () => {
    const { id, task, email } = await aPendingDoctor()
    const { status, body } = await admin.put(`Task/${task.id}`, { ...task, status: 'completed' })
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.businessStatus.coding[0].code, 'accepted')
    assert.equal(await activeOf(id), true)
    assert.match(mailsTo(server, email).at(-1)!, /^Subject: Your account is active/m)
  })

  test('a rejection needs its reason, and leaves the doctor inactive', async () => {
    const { id, task, email } = await aPendingDoctor()
    const bare = await admin.put(`Task/${task.id}`, { ...task, status: 'rejected' })
    assert.equal(bare.status, 422)
    assert.deepEqual(bare.body.issue[0].expression, ['Task.statusReason'])
    const statusReason = {
      coding: [{ code: 'licence', display: 'Licence not found' }],
      text: 'asked the council twice',
    }
    assert.equal((await admin.put(`Task/${task.id}`, { ...task, status: 'rejected', statusReason })).status, 200)
    assert.equal(await activeOf(id), false)
    const mail = mailsTo(server, email).at(-1)!
    assert.match(mail, /Licence not found/)
    assert.ok(!mail.includes('council'))
  })

  test('what was decided stays decided', async () => {
    const { id, task } = await aPendingDoctor()
    const completed = await admin.put(`Task/${task.id}`, { ...task, status: 'completed' })
    const again = await admin.put(`Task/${task.id}`, { ...completed.body, status: 'requested' })
    assert.equal(again.status, 409)
    assert.equal(await activeOf(id), true)
  })

  test('the Task stays about its doctor', async () => {
    const [one, other] = [await aPendingDoctor(), await aPendingDoctor()]
    const focus = { reference: `Practitioner/${other.id}` }
    const { status, body } = await admin.put(`Task/${one.task.id}`, { ...one.task, focus, status: 'completed' })
    assert.equal(status, 422)
    assert.deepEqual(body.issue[0].expression, ['Task.focus'])
    assert.equal(await activeOf(other.id), false)
  })

  test('two administrators who decide at once: one wins, the other is told', async () => {
    const { task } = await aPendingDoctor()
    const decide = () => admin.put(`Task/${task.id}`, { ...task, status: 'completed' }).set('if-match', 'W/"1"')
    const statuses = (await Promise.all([decide(), decide()])).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [200, 412])
  })
})

describe('only an administrator writes active', () => {
  const ways: [title: string, act: (doctor: Client, id: string, stored: object) => Promise<{ status: number }>][] = [
    ['by PUT', async (doctor, id, stored) => doctor.put(`Practitioner/${id}`, { ...stored, active: false })],
    ['by PATCH', async (doctor, id) => activate(id, false, doctor)],
    [
      'in a transaction',
      async (doctor, id, stored) =>
        doctor.post(
          '/fhir',
          aTransaction({
            resource: { ...stored, active: false },
            request: { method: 'PUT', url: `Practitioner/${id}` },
          }),
        ),
    ],
  ]
  for (const [title, act] of ways) {
    test(`a doctor is refused ${title}, and the stored value is unchanged`, async () => {
      const { id } = await aPendingDoctor()
      await activate(id, true)
      const doctor = server.as(person(server, 'practitioner', 'Practitioner', id))
      const stored = (await doctor.get(`Practitioner/${id}`)).body
      assert.equal((await act(doctor, id, stored)).status, 403)
      assert.equal(await activeOf(id), true)
    })
  }

  test('nor does he decide the Task about himself', async () => {
    const { id, task } = await aPendingDoctor()
    const doctor = server.as(person(server, 'practitioner', 'Practitioner', id))
    assert.equal((await doctor.put(`Task/${task.id}`, { ...task, status: 'completed' })).status, 403)
    assert.equal(await activeOf(id), false)
  })
})

describe('suspension', () => {
  test('leaves a Task that says so, and tells the doctor', async () => {
    const { id, email } = await aPendingDoctor()
    await activate(id, true)
    assert.equal((await activate(id, false)).status, 200)
    const [task] = await tasksOf(id, 'practitioner-suspension')
    assert.deepEqual([task!.status, task!.businessStatus.coding[0]!.code], ['completed', 'suspended'])
    assert.match(mailsTo(server, email).at(-1)!, /^Subject: Your account was suspended/m)
  })

  test('is not what an administrator does to himself, by no way', async () => {
    const { body } = await admin.get('Practitioner?family=Administrator')
    const { id, ...rest } = body.entry[0].resource
    const rid = server.composed.keys.ridOf('Practitioner', id)
    const himself = server.as({ ...administrator(), person: { type: 'Practitioner', id, rid } })
    const { active: _active, ...without } = { id, ...rest }
    assert.equal((await activate(id, false, himself)).status, 403)
    assert.equal((await himself.put(`Practitioner/${id}`, without)).status, 403)
    assert.equal((await himself.delete(`Practitioner/${id}`)).status, 403)
    assert.equal(await activeOf(id), true)
  })

  test('leaves the last active administrator where he is', async () => {
    const { body } = await admin.get('Practitioner?family=Administrator')
    const { id } = body.entry[0].resource
    assert.equal((await activate(id, false)).status, 409)
    assert.equal((await admin.delete(`Practitioner/${id}`)).status, 409)
    assert.equal(await activeOf(id), true)
  })
})

describe('operations of administrators', () => {
  test('$invite answers a single-use code, to administrators alone', async () => {
    const people = peopleOf(server)
    const [patient, doctor] = [await people.patient(), await people.doctor()]
    const { status, body } = await admin.raw('post')(`${patient.name}/$invite`)
    assert.equal(status, 200, JSON.stringify(body))
    const values = Object.fromEntries(body.parameter.map((one: { name: string }) => [one.name, one]))
    assert.match(values.code.valueString, /\S{8,}/)
    assert.ok(Date.parse(values.expires.valueInstant) > Date.now())
    assert.equal((await doctor.client.raw('post')(`${patient.name}/$invite`)).status, 403)
    assert.equal((await admin.raw('post')('Patient/none/$invite')).status, 404)
  })

  test('$set-roles replaces the roles of another, never the own', async () => {
    const { id } = await aPendingDoctor()
    const roles = (...codes: string[]) => ({
      resourceType: 'Parameters',
      parameter: codes.map((valueCode) => ({ name: 'role', valueCode })),
    })
    const { status, body } = await admin.post(`Practitioner/${id}/$set-roles`, roles('practitioner', 'records-office'))
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal((await admin.post(`Practitioner/${id}/$set-roles`, roles('emperor'))).status, 422)
    const rid = server.composed.keys.ridOf('Practitioner', id)
    const himself = server.as({ ...administrator(), person: { type: 'Practitioner', id, rid } })
    assert.equal((await himself.post(`Practitioner/${id}/$set-roles`, roles('admin'))).status, 403)
  })
})
