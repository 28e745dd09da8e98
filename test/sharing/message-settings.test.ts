import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aTransaction, posted } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let [doctor, colleague, stranger] = [] as unknown as [SomePerson, SomePerson, SomePerson]
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  people = peopleOf(server)
  ;[doctor, colleague, stranger] = [await people.doctor(), await people.doctor(), await people.doctor()]
  const { body } = await people.admin.post('Organization', { resourceType: 'Organization', name: 'Lakeside' })
  const organization = { reference: `Organization/${body.id}` }
  for (const { reference: practitioner } of [doctor, colleague]) {
    const role = { resourceType: 'PractitionerRole', active: true, practitioner, organization }
    await people.admin.post('PractitionerRole', role).expect(201)
  }
  const ended = { start: '2020-01-01', end: '2021-01-01' }
  const former = { resourceType: 'PractitionerRole', active: true, practitioner: stranger.reference, organization }
  await people.admin.post('PractitionerRole', { ...former, period: ended }).expect(201)
})
after(() => server.close())

const settings = (of: SomePerson, parameter: object[], by = of) =>
  by.client.post(`${of.name}/$message-settings`, {
    resourceType: 'Parameters',
    ...(parameter.length > 0 ? { parameter } : {}),
  })
const accepts = (valueCode: string) => [{ name: 'accepts', valueCode }]
const block = ({ reference }: SomePerson) => [{ name: 'block', valueReference: reference }]
const unblock = ({ reference }: SomePerson) => [{ name: 'unblock', valueReference: reference }]
const aMessage = (to: SomePerson[], more: object = {}) => ({
  resourceType: 'Communication',
  status: 'in-progress',
  recipient: to.map(({ reference }) => reference),
  payload: [{ contentString: 'hello' }],
  ...more,
})
const send = (by: SomePerson, to: SomePerson[], more: object = {}) =>
  by.client.post('Communication', aMessage(to, more))
const received = async (by: SomePerson) =>
  (await by.client.get(`Communication?recipient=${by.name}&_summary=count`)).body.total as number

describe('from whom a doctor takes messages', () => {
  test('is everybody, until the doctor says something else', async () => {
    const { status, body } = await settings(doctor, [])
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual(body.parameter, [{ name: 'accepts', valueCode: 'anyone' }])
    assert.equal((await send(stranger, [doctor])).status, 201)
  })

  test('is nobody whom the doctor blocked: the whole message is refused, in every way to send it, and nothing is stored', async () => {
    await settings(doctor, block(stranger)).expect(200)
    const [before, others] = [await received(doctor), await received(colleague)]
    const alone = await send(stranger, [doctor])
    assert.equal(alone.status, 403)
    assert.deepEqual(alone.body.issue[0].expression, ['Communication.recipient[0]'])
    assert.equal((await send(stranger, [colleague, doctor])).status, 403)
    assert.equal((await stranger.client.post('/fhir', aTransaction(posted(aMessage([doctor]))))).status, 403)
    const draft = await send(stranger, [doctor], { status: 'preparation' })
    assert.equal(draft.status, 201, JSON.stringify(draft.body))
    const sent = { ...draft.body, status: 'in-progress' }
    assert.equal((await stranger.client.put(`Communication/${draft.body.id}`, sent)).status, 403)
    assert.deepEqual([await received(doctor), await received(colleague)], [before, others])
    assert.equal((await send(colleague, [doctor])).status, 201)
    await settings(doctor, unblock(stranger)).expect(200)
    assert.equal((await send(stranger, [doctor])).status, 201)
  })

  test('is told to the doctor alone, and changed by nobody else', async () => {
    await settings(doctor, block(stranger)).expect(200)
    for (const by of [stranger, colleague]) assert.equal((await settings(doctor, [], by)).status, 403)
    assert.equal(
      (await people.admin.post(`${doctor.name}/$message-settings`, { resourceType: 'Parameters' })).status,
      403,
    )
    assert.ok(!JSON.stringify((await stranger.client.get(doctor.name)).body).includes('block'))
    assert.deepEqual((await settings(doctor, unblock(stranger))).body.parameter, accepts('anyone'))
  })

  test('can be those who work in the same organization now', async () => {
    await settings(doctor, accepts('organization')).expect(200)
    assert.equal((await send(colleague, [doctor])).status, 201)
    const refused = await send(stranger, [doctor])
    assert.equal(refused.status, 403)
    await settings(doctor, [...accepts('anyone'), ...block(stranger)]).expect(200)
    const blocked = await send(stranger, [doctor])
    assert.equal(blocked.body.issue[0].diagnostics, refused.body.issue[0].diagnostics)
    await settings(doctor, unblock(stranger)).expect(200)
  })

  test('can be nobody; who was written to may answer, unless blocked', async () => {
    await settings(doctor, accepts('nobody')).expect(200)
    assert.equal((await send(colleague, [doctor])).status, 403)
    const { body: first } = await send(doctor, [stranger])
    const inResponseTo = [{ reference: `Communication/${first.id}` }]
    assert.equal((await send(stranger, [doctor], { inResponseTo })).status, 201)
    await settings(doctor, block(stranger)).expect(200)
    assert.equal((await send(stranger, [doctor], { inResponseTo })).status, 403)
    await settings(doctor, [...accepts('anyone'), ...unblock(stranger)]).expect(200)
  })

  test('holds no patient of the care team off, but by name', async () => {
    const patient = await people.patient({ generalPractitioner: [doctor.reference] })
    await settings(doctor, accepts('nobody')).expect(200)
    assert.equal((await send(patient, [doctor])).status, 201)
    await settings(doctor, block(patient)).expect(200)
    assert.equal((await send(patient, [doctor])).status, 403)
    await settings(doctor, [...accepts('anyone'), ...unblock(patient)]).expect(200)
  })

  test('is refused when it is nonsense', async () => {
    assert.equal((await settings(doctor, accepts('friends'))).status, 422)
    assert.equal((await settings(doctor, block(doctor))).status, 422)
    const organization = { name: 'block', valueReference: { reference: 'Organization/1' } }
    assert.equal((await settings(doctor, [organization])).status, 422)
    assert.equal((await settings(doctor, [{ name: 'unheard', valueCode: 'of' }])).status, 400)
  })
})

test('a doctor blocks a thousand people at most; of a call that is refused nothing stays', async () => {
  const some = await people.doctor()
  const blocks = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => ({
      name: 'block',
      valueReference: { reference: `Patient/p${from + n}` },
    }))
  await settings(some, blocks(0, 600)).expect(200)
  const { status, body } = await settings(some, [...accepts('nobody'), ...blocks(600, 1_001)])
  assert.deepEqual([status, body.issue[0].expression], [422, ['Parameters.parameter[1].value']])
  const { body: now } = await settings(some, [])
  assert.equal(now.parameter.length, 601)
  assert.deepEqual(now.parameter[0], { name: 'accepts', valueCode: 'anyone' })
  await settings(some, blocks(600, 1_000)).expect(200)
})

describe('messages between a patient and the care team', () => {
  test('go both ways, with the patient as their subject; others are not written to, and read nothing', async () => {
    const patient = await people.patient({ generalPractitioner: [doctor.reference] })
    const member = await people.doctor()
    const team = { resourceType: 'CareTeam', status: 'active', subject: patient.reference }
    await people.admin.post('CareTeam', { ...team, participant: [{ member: member.reference }] }).expect(201)
    for (const to of [doctor, member]) {
      const { status, body } = await send(patient, [to])
      assert.equal(status, 201, JSON.stringify(body))
      assert.deepEqual([body.sender, body.subject], [patient.reference, patient.reference])
      assert.equal((await to.client.get(`Communication/${body.id}`)).status, 200)
      assert.equal((await stranger.client.get(`Communication/${body.id}`)).status, 404)
      const answer = await send(to, [patient], { inResponseTo: [{ reference: `Communication/${body.id}` }] })
      assert.equal(answer.status, 201, JSON.stringify(answer.body))
      assert.equal((await patient.client.get(`Communication/${answer.body.id}`)).status, 200)
    }
    assert.equal((await send(patient, [stranger])).status, 403)
    assert.equal((await send(patient, [doctor], { sender: doctor.reference })).status, 422)
    assert.equal((await send(patient, [doctor, stranger])).status, 403)
  })

  test('end with the care team', async () => {
    const patient = await people.patient()
    const team = { resourceType: 'CareTeam', status: 'active', subject: patient.reference }
    const participant = [{ member: colleague.reference }]
    const { body } = await people.admin.post('CareTeam', { ...team, participant })
    assert.equal((await send(patient, [colleague])).status, 201)
    await people.admin.put(`CareTeam/${body.id}`, { ...body, status: 'inactive' }).expect(200)
    assert.equal((await send(patient, [colleague])).status, 403)
  })
})
