import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

const patient = { resourceType: 'Patient', name: [{ family: 'Smith' }] }
const wrong = { resourceType: 'Patient', gender: 'x', contact: [{ gender: 'male' }] }

/** `severity code expression`, one per issue. */
function issuesOf({ body }: { body: { resourceType: string; issue: Issue[] } }): string[] {
  assert.equal(body.resourceType, 'OperationOutcome')
  return body.issue.map(({ severity, code, expression }) => `${severity} ${code} ${expression?.join() ?? ''}`.trim())
}

interface Issue {
  readonly severity: string
  readonly code: string
  readonly expression?: readonly string[]
}

test('$validate answers 200 and tells every issue with its place, for a resource that could not be stored', async () => {
  const answer = await admin.post('Patient/$validate', wrong).expect(200)
  assert.deepEqual(issuesOf(answer), ['error code-invalid Patient.gender', 'error invariant Patient.contact[0]'])
})

test('what is right but could be better is a warning', async () => {
  const answer = await admin.post('Patient/$validate', patient).expect(200)
  assert.deepEqual(issuesOf(answer), ['warning invariant Patient'])
})

test('the resource may come in Parameters, with the mode and profiles', async () => {
  const vitalSigns = 'http://hl7.org/fhir/StructureDefinition/vitalsigns'
  const resource = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }
  const parameter = [
    { name: 'resource', resource },
    { name: 'mode', valueCode: 'profile' },
    { name: 'profile', valueUri: vitalSigns },
  ]
  const found = issuesOf(
    await admin.post('Observation/$validate', { resourceType: 'Parameters', parameter }).expect(200),
  )
  assert.ok(found.includes('error required Observation.category'), found.join('\n'))
  assert.ok(found.includes('error required Observation.subject'), found.join('\n'))
  const alone = issuesOf(await admin.post('Observation/$validate', resource).expect(200))
  assert.ok(!alone.some((issue) => issue.startsWith('error')), alone.join('\n'))
})

test('a profile that is asked for and not on board is an error, one that a resource claims is a warning', async () => {
  const profile = 'http://example.org/fhir/StructureDefinition/unknown'
  const asked = issuesOf(await admin.post(`Patient/$validate?profile=${profile}`, patient).expect(200))
  assert.ok(asked.includes('error not-found Patient'), asked.join('\n'))
  const claimed = issuesOf(
    await admin.post('Patient/$validate', { ...patient, meta: { profile: [profile] } }).expect(200),
  )
  assert.ok(claimed.includes('warning not-found Patient'), claimed.join('\n'))
  await admin.post('Patient', { ...patient, meta: { profile: [profile] } }).expect(201)
})

test('on an instance what is stored is validated, or what would take its place; nothing is stored', async () => {
  const { body: stored } = await admin.post('Patient', patient).expect(201)
  assert.deepEqual(issuesOf(await admin.get(`Patient/${stored.id}/$validate`).expect(200)), [
    'warning invariant Patient',
  ])
  const other = issuesOf(
    await admin.post(`Patient/${stored.id}/$validate?mode=update`, { ...patient, id: 'other' }).expect(200),
  )
  assert.ok(other.includes('error value Patient.id'), other.join('\n'))
  const deletion = await admin.get(`Patient/${stored.id}/$validate?mode=delete`).expect(200)
  assert.deepEqual(issuesOf(deletion), ['information informational'])
  const { body: after } = await admin.get(`Patient/${stored.id}`).expect(200)
  assert.equal(after.meta.versionId, '1')
})

test('what $validate cannot make sense of is refused', async () => {
  await admin.get('Patient/unknown/$validate').expect(404)
  await admin.get('Patient/$validate').expect(400)
  await admin.post('Patient/$validate?mode=guess', patient).expect(400)
  await admin.post('Patient/$validate?mode=profile', patient).expect(400)
  const found = issuesOf(await admin.post('Observation/$validate', patient).expect(200))
  assert.ok(found.includes('error invalid Patient'), found.join('\n'))
})

test('scripts in a narrative are refused', async () => {
  const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">A</p></div>' }
  const { body } = await admin.post('Patient', { ...patient, text }).expect(422)
  assert.equal(body.issue[0].expression[0], 'Patient.text.div')
})
