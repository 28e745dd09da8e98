import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aPatient, aTransaction } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

const made = async () => (await admin.post('Patient', aPatient()).expect(201)).body.id as string
const replacing = (path: string, value: object) => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: path },
        { name: 'value', ...value },
      ],
    },
  ],
})
const male = replacing('Patient.gender', { valueCode: 'male' })
const send = (path: string, contentType: string, body: unknown) =>
  admin.raw('patch')(path).set('content-type', contentType).send(JSON.stringify(body))

test('a FHIRPath Patch changes what it names', async () => {
  const { body } = await send(`Patient/${await made()}`, 'application/fhir+json', male).expect(200)
  assert.equal(body.gender, 'male')
  assert.equal(body.meta.versionId, '2')
})

test('a FHIRPath Patch that breaks the resource is refused with the place, and nothing is stored', async () => {
  const id = await made()
  const wrong = replacing('Patient.gender', { valueCode: 'wrong' })
  const { body } = await send(`Patient/${id}`, 'application/fhir+json', wrong).expect(422)
  assert.deepEqual(body.issue[0].expression, ['Patient.gender'])
  const lost = replacing('Patient.maritalStatus', { valueCodeableConcept: { text: 'x' } })
  const answer = await send(`Patient/${id}`, 'application/fhir+json', lost).expect(422)
  assert.deepEqual(answer.body.issue[0].expression, ['Parameters.parameter[0]'])
  assert.equal((await admin.get(`Patient/${id}`)).body.meta.versionId, '1')
})

test('a patch changes neither the id nor the type', async () => {
  const id = await made()
  await send(`Patient/${id}`, 'application/fhir+json', replacing('Patient.id', { valueId: 'other' })).expect(422)
  await admin.patch(`Patient/${id}`, [{ op: 'replace', path: '/resourceType', value: 'Group' }]).expect(422)
})

for (const type of ['application/merge-patch+json', 'application/xml-patch+xml', 'text/plain', 'application/json']) {
  test(`a patch as ${type} answers 415, with the formats that there are`, async () => {
    const { body } = await send(`Patient/${await made()}`, type, { gender: 'male' }).expect(415)
    assert.match(body.issue[0].diagnostics, /application\/json-patch\+json/)
  })
}

for (const type of ['batch', 'transaction']) {
  test(`a ${type} holds FHIRPath Patches as Parameters, and JSON Patches as Binaries`, async () => {
    const [first, second] = [await made(), await made()]
    const data = Buffer.from('[{"op":"replace","path":"/gender","value":"other"}]').toString('base64')
    const { body } = await admin
      .post('/fhir', {
        ...aTransaction(
          { resource: male, request: { method: 'PATCH', url: `Patient/${first}` } },
          {
            resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
            request: { method: 'PATCH', url: `Patient/${second}` },
          },
        ),
        type,
      })
      .expect(200)
    assert.deepEqual(
      body.entry.map((entry: { response: { status: string } }) => entry.response.status),
      ['200', '200'],
    )
    assert.equal((await admin.get(`Patient/${first}`)).body.gender, 'male')
    assert.equal((await admin.get(`Patient/${second}`)).body.gender, 'other')
  })
}

test('what is wrong with a patch in a transaction is named where it stands', async () => {
  const id = await made()
  const url = `Patient/${id}`
  const lost = replacing('Patient.maritalStatus', { valueCodeableConcept: { text: 'x' } })
  const { body } = await admin
    .post('/fhir', aTransaction({ resource: lost, request: { method: 'PATCH', url } }))
    .expect(422)
  assert.deepEqual(body.issue[0].expression, ['Bundle.entry[0].resource.parameter[0]'])
})
