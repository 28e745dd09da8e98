import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { anObservation, aPatient, aTransaction, posted } from '../support/resources.ts'
import { administrator, type Client, person, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer({ CONDITIONAL_DELETE_LIMIT: '3' })
  admin = server.as(administrator())
})
after(() => server.close())

const identified = (value: string, more: object = {}) => aPatient({ identifier: [{ system: 'urn:t', value }], ...more })
const by = (value: string) => `Patient?identifier=urn:t|${value}`
const made = async (value: string) => (await admin.post('Patient', identified(value)).expect(201)).body.id as string
const male = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'Patient.gender' },
        { name: 'value', valueCode: 'male' },
      ],
    },
  ],
}
type Answered = { entry: { resource?: { id: string; gender?: string; resourceType: string }; response: Response }[] }
type Response = {
  status: string
  location?: string
  etag?: string
  lastModified?: string
  outcome?: { issue: object[] }
}
const responses = ({ entry }: Answered) => entry.map(({ response }) => response)
const statuses = (body: Answered) => responses(body).map(({ status }) => status)
const versionOf = async (id: string) => (await admin.get(`Patient/${id}`).expect(200)).body.meta.versionId as string
const put = (value: string, resource: object, request: object = {}) => ({
  fullUrl: `urn:uuid:${randomUUID()}`,
  resource,
  request: { method: 'PUT', url: by(value), ...request },
})

describe('conditions in a transaction', () => {
  test('update, patch and delete what they find; links lead there', async () => {
    const [updated, patched, deleted, fresh] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    const ids = [await made(updated), await made(patched), await made(deleted)]
    const update = put(updated, identified(updated, { gender: 'other' }))
    const create = put(fresh, identified(fresh))
    const { body } = await admin
      .post(
        '/fhir',
        aTransaction(
          update,
          create,
          { resource: male, request: { method: 'PATCH', url: by(patched) } },
          { request: { method: 'DELETE', url: by(deleted) } },
          { request: { method: 'DELETE', url: by(randomUUID()) } },
          posted(anObservation(update.fullUrl)),
          posted(anObservation(create.fullUrl)),
        ),
      )
      .expect(200)
    assert.deepEqual(statuses(body), ['200', '201', '200', '204', '204', '201', '201'])
    assert.equal(body.entry[0].response.location, `Patient/${ids[0]}/_history/2`)
    assert.equal((await admin.get(`Patient/${ids[1]}`)).body.gender, 'male')
    await admin.get(`Patient/${ids[2]}`).expect(410)
    const subject = async (n: number) => (await admin.get(body.entry[n].response.location)).body.subject.reference
    assert.equal(await subject(5), `Patient/${ids[0]}`)
    assert.ok(body.entry[1].response.location.startsWith(`${await subject(6)}/`))
  })

  test('one conditional delete may take several, as many as the settings say', async () => {
    const value = randomUUID()
    const ids = [await made(value), await made(value), await made(value)]
    const remove = { request: { method: 'DELETE', url: by(value) } }
    const { body } = await admin.post('/fhir', aTransaction(remove)).expect(200)
    assert.deepEqual(statuses(body), ['204'])
    for (const id of ids) await admin.get(`Patient/${id}`).expect(410)
    for (let n = 0; n < 4; n += 1) await made(value)
    await admin.post('/fhir', aTransaction(remove)).expect(412)
  })

  const refusals: [title: string, status: number, entries: (value: string, id: string) => object[]][] = [
    ['several matches', 412, (value) => [put('several', identified(value))]],
    ['a patch without a match', 404, () => [{ resource: male, request: { method: 'PATCH', url: by(randomUUID()) } }]],
    ['another id in the body', 400, (value) => [put(value, identified(value, { id: 'other' }))]],
    ['an id that is in use', 409, (_value, id) => [put(randomUUID(), aPatient({ id }))]],
    ['a stale ifMatch', 412, (value) => [put(value, identified(value), { ifMatch: 'W/"7"' })]],
    ['criteria that say nothing', 400, () => [put('x', aPatient(), { url: 'Patient?_count=1' })]],
    [
      'two entries on one match',
      400,
      (value, id) => [
        put(value, identified(value, { gender: 'male' })),
        { request: { method: 'DELETE', url: `Patient/${id}` } },
      ],
    ],
    [
      'the same criteria twice without a match',
      400,
      () => {
        const absent = randomUUID()
        return [put(absent, identified(absent)), put(absent, identified(absent))]
      },
    ],
  ]
  for (const [title, status, entries] of refusals) {
    test(`${title}: ${status} for all, with the place, and nothing is written`, async () => {
      if (title === 'several matches') await Promise.all([made('several'), made('several')])
      const value = randomUUID()
      const id = await made(value)
      const marker = randomUUID()
      const wrong = entries(value, id)
      const { body } = await admin.post('/fhir', aTransaction(posted(identified(marker)), ...wrong)).expect(status)
      const [expression] = body.issue[0].expression as string[]
      assert.match(expression!, new RegExp(`^Bundle\\.entry\\[${wrong.length}\\]`))
      assert.equal((await admin.get(`${by(marker)}&_total=accurate`)).body.total, 0)
      assert.equal(await versionOf(id), '1')
    })
  }

  test('20 parallel transactions with one condition make one resource', async () => {
    const value = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        admin.post('/fhir', aTransaction(put(value, identified(value, { birthDate: `${1950 + n}` })))),
      ),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(answers.filter(({ body }) => statuses(body)[0] === '201').length, 1)
    assert.equal((await admin.get(`${by(value)}&_total=accurate`)).body.total, 1)
  })

  test('count what may not be seen as absent, and need the scopes', async () => {
    const value = randomUUID()
    const id = await made(value)
    const stranger = server.as(person(server, 'practitioner', 'Practitioner', 'stranger'))
    const remove = { request: { method: 'DELETE', url: by(value) } }
    assert.deepEqual(statuses((await stranger.post('/fhir', aTransaction(remove)).expect(200)).body), ['204'])
    const patch = { resource: male, request: { method: 'PATCH', url: by(value) } }
    await stranger.post('/fhir', aTransaction(patch)).expect(404)
    for (const granted of ['user/Patient.cru', 'user/Patient.rs']) {
      const limited = server.as({ ...administrator(), scopes: scopes(granted) })
      await limited.post('/fhir', aTransaction(patch)).expect(403)
    }
    assert.equal(await versionOf(id), '1')
  })
})

for (const type of ['batch', 'transaction']) {
  describe(`a ${type}`, () => {
    const send = (...entry: object[]) => admin.post('/fhir', { resourceType: 'Bundle', type, entry })

    test('honours the conditions of each entry', async () => {
      const value = randomUUID()
      const id = await made(value)
      const later = new Date(Date.now() + 60_000).toISOString()
      const read = (request: object) => ({ request: { method: 'GET', url: `Patient/${id}`, ...request } })
      const { body } = await send(
        read({ ifNoneMatch: 'W/"1"' }),
        read({ ifNoneMatch: 'W/"2"' }),
        read({ ifModifiedSince: later }),
        read({ ifModifiedSince: '2020-01-01T00:00:00Z' }),
        posted(identified(value), {}, { ifNoneExist: `identifier=urn:t|${value}` }),
      ).expect(200)
      assert.deepEqual(statuses(body), ['304', '200', '304', '200', '200'])
      assert.equal(responses(body)[0]!.etag, 'W/"1"')
      assert.equal(body.entry[0].resource, undefined)
      assert.equal(body.entry[1].resource.id, id)
      assert.equal(responses(body)[4]!.location, `Patient/${id}/_history/1`)
    })

    test('answers HEAD without the resource, searches, and operations that only read', async () => {
      const value = randomUUID()
      const id = await made(value)
      const { body } = await send(
        { request: { method: 'HEAD', url: `Patient/${id}` } },
        { request: { method: 'GET', url: by(value) } },
        { request: { method: 'GET', url: `Patient/${id}/$everything` } },
      ).expect(200)
      assert.deepEqual(statuses(body), ['200', '200', '200'])
      assert.equal(body.entry[0].resource, undefined)
      assert.equal(responses(body)[0]!.etag, 'W/"1"')
      assert.equal(body.entry[1].resource.total, 1)
      assert.equal(body.entry[2].resource.resourceType, 'Bundle')
    })

    test('answers as Prefer says', async () => {
      const written = async (prefer: string) => {
        const id = await made(randomUUID())
        const remove = { request: { method: 'DELETE', url: `Patient/${id}` } }
        const { body } = await send(posted(aPatient()), remove).set('prefer', `return=${prefer}`).expect(200)
        return body as Answered
      }
      const minimal = await written('minimal')
      assert.ok(minimal.entry.every((entry) => entry.resource === undefined && entry.response.outcome === undefined))
      assert.ok(minimal.entry[0]!.response.lastModified && minimal.entry[0]!.response.etag)
      assert.equal((await written('representation')).entry[0]!.resource?.resourceType, 'Patient')
      assert.ok((await written('OperationOutcome')).entry.every(({ response }) => response.outcome?.issue.length === 1))
    })
  })
}

test('an operation that changes something is no part of a transaction', async () => {
  const id = await made(randomUUID())
  const entry = { request: { method: 'POST', url: `Patient/${id}/$invite` } }
  const { body } = await admin.post('/fhir', aTransaction(entry)).expect(400)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[0]'])
})

test('what a transaction reads and does not find fails all of it, with the place', async () => {
  const marker = randomUUID()
  const lost = { request: { method: 'GET', url: 'Patient/unknown' } }
  const { body } = await admin.post('/fhir', aTransaction(posted(identified(marker)), lost)).expect(404)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[1]'])
  assert.equal((await admin.get(`${by(marker)}&_total=accurate`)).body.total, 0)
})
