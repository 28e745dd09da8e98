import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import request from 'supertest'
import { aCondition, anObservation, aPatient, aTransaction, posted } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { signIn } from '../support/sign-in.ts'

/** How often one request waits for the database, with a real token, access and audit on. */
let server: TestServer
let token: string
before(async () => {
  const administrator = { email: 'office@example.org', password: 'seven lanterns at the harbour' }
  server = await startServer({ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password })
  const signedIn = await signIn(server.url, administrator)
  assert.ok('token' in signedIn)
  token = signedIn.token
})
after(() => server.close())

async function tripsOf(method: 'get' | 'post' | 'put', path: string, resource?: object) {
  const before = server.composed.roundTrips()
  const asked = request(server.url)[method](path).set('authorization', `Bearer ${token}`)
  const answer = await (resource ? asked.type('application/fhir+json').send(JSON.stringify(resource)) : asked)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
  return { trips: server.composed.roundTrips() - before, body: answer.body }
}

test('a create takes 2 round trips: the token, the write with its audit row', async () => {
  const { trips } = await tripsOf('post', '/fhir/Patient', aPatient())
  assert.equal(trips, 2)
})

test('a create that names a patient takes no more for an administrator', async () => {
  const { body } = await tripsOf('post', '/fhir/Patient', aPatient())
  const { trips } = await tripsOf('post', '/fhir/Observation', anObservation(`Patient/${body.id}`))
  assert.equal(trips, 2)
})

test('a read takes 2: the token, the resource with its audit row', async () => {
  const { body } = await tripsOf('post', '/fhir/Patient', aPatient())
  const { trips } = await tripsOf('get', `/fhir/Patient/${body.id}`)
  assert.equal(trips, 2)
})

test('a refused read is audited as well', async () => {
  await request(server.url).get('/fhir/Patient/unknown-one').set('authorization', `Bearer ${token}`).expect(404)
  const rows = await server.composed.store.query('select from audit where id = $1 and status = 404', ['unknown-one'])
  assert.equal(rows.length, 1)
})

test('searches share the commits of their audit rows', async () => {
  const before = server.composed.roundTrips()
  await Promise.all(Array.from({ length: 32 }, () => tripsOf('get', '/fhir/Patient?gender=female')))
  assert.ok(server.composed.roundTrips() - before < 32 * 3)
})

test('bytes take no more than any other create: what ties them to their Binary is in its statement', async () => {
  const before = server.composed.roundTrips()
  const sent = request(server.url).post('/fhir/Binary').set('authorization', `Bearer ${token}`)
  const { body } = await sent.set('content-type', 'text/plain').send('Blood pressure: 120/80').expect(201)
  assert.equal(server.composed.roundTrips() - before, 2)
  const attachment = { contentType: 'text/plain', url: `Binary/${body.id}` }
  const document = { resourceType: 'DocumentReference', status: 'current', content: [{ attachment }] }
  const { trips } = await tripsOf('post', '/fhir/DocumentReference', document)
  assert.equal(trips, 3, 'the token, the Binary with what it holds, the write that makes it the own of the document')
})

test('an update takes 3', async () => {
  const { body } = await tripsOf('post', '/fhir/Patient', aPatient())
  const { trips } = await tripsOf('put', `/fhir/Patient/${body.id}`, { ...body, gender: 'male' })
  assert.equal(trips, 3)
})

test('a search takes 3, whatever it includes: the audit row is the third', async () => {
  const { trips } = await tripsOf('get', '/fhir/Observation?_include=Observation:patient&_sort=-date')
  assert.ok(trips <= 3, String(trips))
})

test('a transaction of 100 entries takes 15 at most', async () => {
  const patient = posted(aPatient())
  const entries = Array.from({ length: 99 }, (_, n) =>
    posted(n % 2 === 0 ? anObservation(patient.fullUrl) : aCondition(patient.fullUrl)),
  )
  const { trips } = await tripsOf('post', '/fhir', aTransaction(patient, ...entries))
  assert.ok(trips <= 15, String(trips))
  assert.ok(trips <= 6, `it was 6 when this was written, now ${trips}`)
})
