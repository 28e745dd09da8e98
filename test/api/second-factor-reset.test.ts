import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { mailsTo, peopleOf } from '../support/people.ts'
import { administrator, person, startServer, type TestServer } from '../support/server.ts'
import { codeAt, secretOn, submitWith } from '../smart/second-step.ts'

const first = { email: 'first@example.org', password: 'correct horse battery staple 9' }

let server: TestServer
/** The Practitioner of the first administrator. */
let id: string

before(async () => {
  server = await startServer({
    ...{ ADMIN_EMAIL: first.email, ADMIN_PASSWORD: first.password, REQUIRE_SECOND_FACTOR: 'staff' },
    OIDC_ISSUER: 'https://id.example.org',
    OIDC_CLIENT_ID: 'chartshare',
    OIDC_CLIENT_SECRET: 'a secret of both sides',
  })
  const [row] = await server.composed.store.query<{ person_id: string }>('select person_id from oauth_account')
  id = row!.person_id
})

after(() => server.close())

const signIn = async () => (await createBrowser(server.url).open('/login')).submit(first)

test('an administrator resets the second factor of somebody else, who enrols anew', async () => {
  const page = await signIn()
  await submitWith(page, 'code', { code: codeAt(secretOn(page), Date.now()) })
  assert.equal((await signIn()).url.pathname, '/login/factor')
  const { admin } = peopleOf(server)
  const { status, body } = await admin.post(`Practitioner/${id}/$reset-second-factor`, { resourceType: 'Parameters' })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body.parameter, [{ name: 'removed', valueInteger: 1 }])
  assert.equal((await signIn()).url.pathname, '/login/enrol')
  assert.match(mailsTo(server, first.email).at(-1)!, /second step for signing in was reset/)
})

test('nobody resets or links his own, and nobody but an administrator anybody’s', async () => {
  const rid = server.composed.keys.ridOf('Practitioner', id)
  const herself = server.as({ ...administrator(), person: { type: 'Practitioner', id, rid } })
  for (const operation of ['$reset-second-factor', '$link-sign-in']) {
    const doctor = server.as(person(server, 'practitioner', 'Practitioner', randomUUID()))
    const path = `Practitioner/${id}/${operation}`
    assert.equal((await doctor.post(path, { resourceType: 'Parameters' })).status, 403, operation)
    assert.equal((await herself.post(path, { resourceType: 'Parameters' })).status, 403, operation)
    assert.equal((await server.anonymous.post(path, { resourceType: 'Parameters' })).status, 401, operation)
  }
})

test('a person without an account has nothing to reset or to link, and one who does not exist is not found', async () => {
  const { admin, patient } = peopleOf(server)
  const { id: recordOnly } = await patient()
  for (const operation of ['$reset-second-factor', '$link-sign-in']) {
    assert.equal((await admin.post(`Patient/${recordOnly}/${operation}`, { resourceType: 'Parameters' })).status, 422)
    assert.equal((await admin.post(`Patient/nobody/${operation}`, { resourceType: 'Parameters' })).status, 404)
  }
})

test('an administrator says who somebody is at the external provider, and takes it back', async () => {
  const { admin } = peopleOf(server)
  const link = (parameter?: object[]) =>
    admin.post(`Practitioner/${id}/$link-sign-in`, { resourceType: 'Parameters', parameter })
  const linked = async () => server.composed.store.query('select issuer, subject from oauth_identity')
  assert.equal((await link([{ name: 'subject', valueString: 'first-1' }])).status, 200)
  assert.deepEqual(await linked(), [{ issuer: 'https://id.example.org', subject: 'first-1' }])
  assert.equal((await link()).status, 200)
  assert.deepEqual(await linked(), [])
})
