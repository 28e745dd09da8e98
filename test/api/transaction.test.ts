import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { anObservation, aPatient, aPractitioner, aTransaction, posted } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

const total = async (query: string) =>
  (await admin.get(`${query}${query.includes('?') ? '&' : '?'}_total=accurate`).expect(200)).body.total as number

test('urn:uuid links lead to the created resources, and the answer keeps the order of the request', async () => {
  const patient = posted(aPatient({ identifier: [{ system: 'urn:t', value: 'links' }] }))
  const observation = posted(anObservation(patient.fullUrl))
  const { body } = await admin.post('/fhir', aTransaction(observation, patient)).expect(200)
  assert.equal(body.type, 'transaction-response')
  const [first, second] = body.entry.map((e: { response: { location: string } }) => e.response.location)
  assert.match(first, /^Observation\//)
  assert.match(second, /^Patient\//)
  const stored = await admin.get(first.split('/_history')[0]).expect(200)
  assert.equal(stored.body.subject.reference, second.split('/_history')[0])
})

test('a conditional reference leads to the one match', async () => {
  const { body: practitioner } = await admin
    .post('Practitioner', aPractitioner({ identifier: [{ system: 'urn:npi', value: '77' }] }))
    .expect(201)
  const patient = posted(aPatient({ generalPractitioner: [{ reference: 'Practitioner?identifier=urn:npi|77' }] }))
  const { body } = await admin.post('/fhir', aTransaction(patient)).expect(200)
  const stored = await admin.get(body.entry[0].response.location).expect(200)
  assert.equal(stored.body.generalPractitioner[0].reference, `Practitioner/${practitioner.id}`)
})

test('a reference to nothing fails the whole transaction, with its place', async () => {
  const before = await total('Patient')
  const lost = `urn:uuid:${randomUUID()}`
  const { body } = await admin.post('/fhir', aTransaction(posted(aPatient()), posted(anObservation(lost)))).expect(422)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[1].resource.subject.reference'])
  const absent = posted(aPatient({ generalPractitioner: [{ reference: 'Practitioner?identifier=urn:npi|none' }] }))
  await admin.post('/fhir', aTransaction(posted(aPatient()), absent)).expect(422)
  assert.equal(await total('Patient'), before)
})

test('an invalid entry fails the whole transaction, with its place', async () => {
  const before = await total('Patient')
  const { body } = await admin
    .post('/fhir', aTransaction(posted(aPatient()), posted(aPatient({ gender: 'x' }))))
    .expect(422)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[1].resource.gender'])
  assert.equal(await total('Patient'), before)
})

test('two entries on one identity are refused', async () => {
  const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
  const put = { resource: patient, request: { method: 'PUT', url: `Patient/${patient.id}` } }
  const remove = { request: { method: 'DELETE', url: `Patient/${patient.id}` } }
  const { body } = await admin.post('/fhir', aTransaction(put, remove)).expect(400)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[1].request.url'])
})

test('a conditional create inside a transaction finds what exists, and links lead there', async () => {
  const { body: existing } = await admin.post('Patient', aPatient({ identifier: [{ system: 'urn:t', value: 'c' }] }))
  const patient = posted(
    aPatient({ identifier: [{ system: 'urn:t', value: 'c' }] }),
    {},
    { ifNoneExist: 'identifier=urn:t|c' },
  )
  const { body } = await admin.post('/fhir', aTransaction(patient, posted(anObservation(patient.fullUrl)))).expect(200)
  assert.equal(body.entry[0].response.status, '200')
  const observation = await admin.get(body.entry[1].response.location).expect(200)
  assert.equal(observation.body.subject.reference, `Patient/${existing.id}`)
  assert.equal(await total('Patient?identifier=urn:t|c'), 1)
})

test('DELETE, POST, PUT, PATCH and GET run in this order, in one transaction', async () => {
  const made = async (family: string) =>
    (await admin.post('Patient', aPatient({ name: [{ family }] })).expect(201)).body
  const [gone, changed, patched] = [await made('Gone'), await made('Changed'), await made('Patched')]
  const operations = Buffer.from(JSON.stringify([{ op: 'replace', path: '/gender', value: 'other' }])).toString(
    'base64',
  )
  const { body } = await admin
    .post(
      '/fhir',
      aTransaction(
        { request: { method: 'GET', url: `Patient/${changed.id}` } },
        {
          resource: { ...changed, gender: 'male' },
          request: { method: 'PUT', url: `Patient/${changed.id}`, ifMatch: 'W/"1"' },
        },
        {
          resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: operations },
          request: { method: 'PATCH', url: `Patient/${patched.id}` },
        },
        posted(aPatient({ name: [{ family: 'New' }] })),
        { request: { method: 'DELETE', url: `Patient/${gone.id}` } },
      ),
    )
    .expect(200)
  assert.deepEqual(
    body.entry.map((e: { response: { status: string } }) => e.response.status),
    ['200', '200', '200', '201', '204'],
  )
  assert.equal(body.entry[0].resource.gender, 'male')
  assert.equal((await admin.get(`Patient/${patched.id}`)).body.gender, 'other')
  await admin.get(`Patient/${gone.id}`).expect(410)
})

test('a stale ifMatch in an entry fails the whole transaction with 412', async () => {
  const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
  const stale = { resource: patient, request: { method: 'PUT', url: `Patient/${patient.id}`, ifMatch: 'W/"9"' } }
  await admin.post('/fhir', aTransaction(posted(aPatient()), stale)).expect(412)
})

test('the entries of a batch are independent', async () => {
  const { body } = await admin
    .post('/fhir', {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [posted(aPatient()), posted(aPatient({ gender: 'x' })), posted(aPatient())],
    })
    .expect(200)
  assert.deepEqual(
    body.entry.map((e: { response: { status: string } }) => e.response.status),
    ['201', '422', '201'],
  )
  assert.deepEqual(body.entry[1].response.outcome.issue[0].expression, ['Patient.gender'])
})

test('a Binary and the DocumentReference that names it come in one transaction', async () => {
  const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
  const binary = posted({
    resourceType: 'Binary',
    contentType: 'text/plain',
    data: Buffer.from('bytes').toString('base64'),
  } as { resourceType: string })
  const reference = posted({
    resourceType: 'DocumentReference',
    status: 'current',
    subject: { reference: `Patient/${patient.id}` },
    content: [{ attachment: { contentType: 'text/plain', url: binary.fullUrl } }],
  } as { resourceType: string })
  const { body } = await admin.post('/fhir', aTransaction(reference, binary)).expect(200)
  const { body: document } = await admin.get(body.entry[0].response.location.split('/_history')[0]).expect(200)
  const url = document.content[0].attachment.url as string
  assert.ok(url.startsWith(`${server.base}/Binary/`))
  const bytes = await admin.get(url.slice(server.url.length)).expect(200)
  assert.equal(bytes.text, 'bytes')
})

test('what a transaction reads stands in the audit trail, like any other read', async () => {
  const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
  const urls = [`Patient?_id=${patient.id}`, `Patient/${patient.id}/_history`, `Patient/${patient.id}`]
  const before = await audited(patient.id)
  await admin.post('/fhir', aTransaction(...urls.map((url) => ({ request: { method: 'GET', url } })))).expect(200)
  assert.equal((await audited(patient.id)) - before, 3)
})

async function audited(id: string): Promise<number> {
  const [row] = await server.composed.store.query<{ n: number }>(
    `select count(*)::int4 as n from audit where type = 'Patient' and (id = $1 or query like '%' || $1 || '%')`,
    [id],
  )
  return row!.n
}

test('the same ifNoneExist twice, with no match, is refused: it would create two', async () => {
  const patient = () => posted(aPatient(), {}, { ifNoneExist: 'identifier=urn:t|twice' })
  const { body } = await admin.post('/fhir', aTransaction(patient(), patient())).expect(400)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[1].request.ifNoneExist'])
})

for (const type of ['batch', 'transaction']) {
  for (const entry of [{}, 'x', { length: -1 }]) {
    test(`a ${type} whose entries are ${JSON.stringify(entry)} is refused`, async () => {
      await admin.post('/fhir', { resourceType: 'Bundle', type, entry }).expect(422)
    })
  }
}

test('an entry that is no object is refused: alone in a batch, with all others in a transaction', async () => {
  const bundle = (type: string) => ({ resourceType: 'Bundle', type, entry: [null, posted(aPatient())] })
  await admin.post('/fhir', bundle('transaction')).expect(422)
  const { body } = await admin.post('/fhir', bundle('batch')).expect(200)
  assert.deepEqual(
    body.entry.map((e: { response: { status: string } }) => e.response.status),
    ['422', '201'],
  )
})
