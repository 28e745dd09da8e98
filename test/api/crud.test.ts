import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aPatient, anObservation, aTransaction, posted } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

test('a created resource is answered with Location, ETag and Last-Modified, and reads back', async () => {
  const created = await admin.post('Patient', aPatient()).expect(201)
  const { id } = created.body
  assert.equal(created.headers['location'], `${server.base}/Patient/${id}/_history/1`)
  assert.equal(created.headers['etag'], 'W/"1"')
  assert.ok(created.headers['last-modified'])
  const read = await admin.get(`Patient/${id}`).expect(200)
  assert.deepEqual(read.body, created.body)
  assert.equal(read.body.meta.versionId, '1')
})

test('a client’s id is ignored by create', async () => {
  const { body } = await admin.post('Patient', aPatient({ id: 'mine' })).expect(201)
  assert.notEqual(body.id, 'mine')
})

test('decimals keep their precision', async () => {
  const text = `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0}}`
  const { body } = await admin.post('Observation', text).expect(201)
  const { text: read } = await admin.get(`Observation/${body.id}`).buffer(true)
  assert.match(read, /"value":1\.0\b/)
  const { text: pretty } = await admin.get(`Observation/${body.id}?_pretty=true`).buffer(true)
  assert.match(pretty, /\n {4}"value": 1\.0\b/)
})

test('an update makes a version, and every version stays readable', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  const updated = await admin.put(`Patient/${body.id}`, { ...body, gender: 'male' }).expect(200)
  assert.equal(updated.headers['etag'], 'W/"2"')
  assert.equal((await admin.get(`Patient/${body.id}/_history/1`).expect(200)).body.gender, 'female')
  assert.equal((await admin.get(`Patient/${body.id}/_history/2`).expect(200)).body.gender, 'male')
  await admin.get(`Patient/${body.id}/_history/3`).expect(404)
  const history = await admin.get(`Patient/${body.id}/_history`).expect(200)
  assert.equal(history.body.type, 'history')
  assert.deepEqual(
    history.body.entry.map((e: { resource: { meta: { versionId: string } } }) => e.resource.meta.versionId),
    ['2', '1'],
  )
})

test('a stale If-Match answers 412 and stores nothing', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  await admin
    .put(`Patient/${body.id}`, { ...body, gender: 'other' })
    .set('if-match', 'W/"1"')
    .expect(200)
  const refused = await admin.put(`Patient/${body.id}`, body).set('if-match', 'W/"1"').expect(412)
  assert.equal(refused.body.resourceType, 'OperationOutcome')
  assert.equal((await admin.get(`Patient/${body.id}`)).body.meta.versionId, '2')
})

test('of 50 parallel updates with the same ETag one wins', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  const statuses = await Promise.all(
    Array.from(
      { length: 50 },
      async (_, n) =>
        (await admin.put(`Patient/${body.id}`, { ...body, birthDate: `${1950 + n}` }).set('if-match', 'W/"1"')).status,
    ),
  )
  assert.equal(statuses.filter((status) => status === 200).length, 1)
  assert.equal(statuses.filter((status) => status === 412).length, 49)
})

test('an administrator may PUT a new id', async () => {
  const created = await admin.put('Patient/chosen-1', aPatient({ id: 'chosen-1' })).expect(201)
  assert.equal(created.headers['location'], `${server.base}/Patient/chosen-1/_history/1`)
})

test('a JSON Patch changes what it names', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  const { body: patched } = await admin
    .patch(`Patient/${body.id}`, [{ op: 'replace', path: '/gender', value: 'other' }])
    .expect(200)
  assert.equal(patched.gender, 'other')
  assert.equal(patched.meta.versionId, '2')
})

test('a patch that breaks the resource is refused with the place, and nothing is stored', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  const { body: outcome } = await admin
    .patch(`Patient/${body.id}`, [{ op: 'replace', path: '/gender', value: 'wrong' }])
    .expect(422)
  assert.deepEqual(outcome.issue[0].expression, ['Patient.gender'])
  assert.equal((await admin.get(`Patient/${body.id}`)).body.meta.versionId, '1')
})

test('a deleted resource answers 410, and its history stays readable', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  await admin.delete(`Patient/${body.id}`).expect(204)
  await admin.get(`Patient/${body.id}`).expect(410)
  await admin.delete(`Patient/${body.id}`).expect(204)
  await admin.get(`Patient/${body.id}/_history/1`).expect(200)
  const { body: history } = await admin.get(`Patient/${body.id}/_history`).expect(200)
  assert.deepEqual(
    history.entry.map((e: { request: { method: string } }) => e.request.method),
    ['DELETE', 'POST'],
  )
})

test('a deleted resource can be brought back under its id, and its versions go on', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  await admin.delete(`Patient/${body.id}`).expect(204)
  const revived = await admin.put(`Patient/${body.id}`, body).expect(200)
  assert.equal(revived.body.meta.versionId, '3')
  assert.equal((await admin.get(`Patient?_id=${body.id}`)).body.entry.length, 1)
})

test('Prefer: return=minimal leaves the body out', async () => {
  const created = await admin.post('Patient', aPatient()).set('prefer', 'return=minimal').expect(201)
  assert.equal(created.text, '')
  assert.ok(created.headers['location'])
})

test('HEAD answers as GET without the body', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  const head = await admin.head(`Patient/${body.id}`).expect(200)
  assert.equal(head.headers['etag'], 'W/"1"')
})

test('a history since a time at which nothing came later is empty, not unknown', async () => {
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  const { body: history } = await admin.get(`Patient/${body.id}/_history?_since=2999-01-01`).expect(200)
  assert.equal(history.total, 0)
  await admin.get('Patient/unknown/_history?_since=2999-01-01').expect(404)
})

test('each write is audited with every patient whose record it touches: also the one that it leaves', async () => {
  const [anna, ben] = await Promise.all([1, 2].map(async () => (await admin.post('Patient', aPatient())).body.id))
  const identifier = [{ system: 'urn:audited', value: anna }]
  const of = (id: string) => anObservation(`Patient/${id}`, { identifier })
  const condition = `identifier=urn:audited|${anna}`
  const { body } = await admin.post('Observation', of(anna)).expect(201)
  const path = `Observation/${body.id}`
  await admin.post('Observation', of(anna)).set('if-none-exist', condition).expect(200)
  await admin.post('/fhir', aTransaction(posted(of(anna), {}, { ifNoneExist: condition }))).expect(200)
  await admin.put(path, { ...of(ben), id: body.id }).expect(200)
  await admin.delete(path).expect(204)
  await admin.delete(path).expect(204)
  await admin.put(path, { ...of(anna), id: body.id }).expect(200)
  await admin.post('/fhir', aTransaction({ request: { method: 'DELETE', url: path } })).expect(200)
  const rows = await server.composed.store.query<{ patients: bigint[] }>(
    'select patients from audit where id = $1 order by n',
    [body.id],
  )
  const names = new Map([anna, ben].map((id, n) => [server.composed.keys.ridOf('Patient', id), n === 0 ? 'A' : 'B']))
  const told = rows.map(({ patients }) =>
    patients
      .map((rid) => names.get(rid))
      .sort()
      .join(''),
  )
  assert.deepEqual(told, ['A', 'A', 'A', 'AB', 'B', 'B', 'AB', 'A'])
})
