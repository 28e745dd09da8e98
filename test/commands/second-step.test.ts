import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createOutbox } from '../../src/commands/demo/outbox.ts'
import { runDemo } from '../../src/commands/demo/run-demo.ts'
import { stepByAsking, stepByKey, stepOfOwn } from '../../src/commands/second-step.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { totpCode } from '../../src/oauth/totp-code.ts'
import { startServer, type TestServer } from '../support/server.ts'

const administrator = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }
let server: TestServer
let key: string

before(async () => {
  server = await startServer({
    ...{ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
    REQUIRE_SECOND_FACTOR: 'staff',
  })
})

after(() => server?.close())

test('whoever has no second step yet is told to add one with a browser', async () => {
  await assert.rejects(
    signIn(server.url, { ...administrator, secondStep: stepByKey('AAAA') }),
    /has to add a second step first: sign in once with a browser/,
  )
})

test('an account of the program’s own adds an authenticator app by itself', async () => {
  const secondStep = stepOfOwn()
  assert.match((await signIn(server.url, { ...administrator, secondStep })).fhirUser, /^Practitioner\//)
  key = secondStep.key()!
  assert.match(key, /^[A-Z2-7 ]{32,}$/)
})

test('the key of the app, or a person at the terminal, takes the second step, also when a code was used just now', async () => {
  assert.ok(await (await signIn(server.url, { ...administrator, secondStep: stepByKey(key) })).token())
  await server.composed.store.query('update oauth_factor set last_step = last_step - 100')
  const questions: string[] = []
  const answers = ['000000', totpCode(key, Date.now())]
  const secondStep = stepByAsking(async (question) => {
    questions.push(question)
    return answers[questions.length - 1]!
  })
  assert.ok(await (await signIn(server.url, { ...administrator, secondStep })).token())
  assert.equal(questions.length, 2)
})

test('without either the sentence says what to do, and a wrong key is refused in the words of the page', async () => {
  await assert.rejects(signIn(server.url, administrator), /signs in with a second step: give the key .*--totp-key/)
  const wrong = { ...administrator, secondStep: stepByKey('JBSWY3DPEHPK3PXP') }
  await assert.rejects(signIn(server.url, wrong), /did not work: .*code is not right/)
})

test('the demo fills a server that demands a second step of staff, and tells the keys of the doctors', async () => {
  await server.composed.store.query('update oauth_factor set last_step = last_step - 100')
  const people = await runDemo({
    ...{ publicUrl: server.url, administrator: { ...administrator, secondStep: stepByKey(key) } },
    outbox: createOutbox(join(server.dataDir, 'outbox'), 0),
    progress: { show() {}, say() {}, end() {} },
  })
  const doctors = people.filter(({ who }) => who.startsWith('Dr. '))
  assert.ok(doctors.length >= 3)
  for (const { totpKey } of doctors) assert.match(totpKey!, /^[A-Z2-7 ]{32,}$/)
})
