import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAccountReset } from '../../src/oauth/account-reset.ts'
import { createBrowser } from '../support/browser.ts'
import { fhir, launch } from './app.ts'
import { masterKey, type OAuthServer, password, startOAuth } from './oauth-server.ts'
import { codeAt, secretOn, signInHere, submitWith } from './second-step.ts'

let server: OAuthServer
let reset: Awaited<ReturnType<typeof createAccountReset>>

before(async () => {
  server = await startOAuth({ secondFactorOf: 'staff' })
  reset = await createAccountReset({ store: server.store, masterKey, publicUrl: server.url, mail: server.mail })
})

after(() => server.close())

test('who lost every second step is let in by the link that the machine printed, once, and adds a new one', async () => {
  const email = 'sole@example.org'
  const { accountId } = await server.addAccount({ email, roles: ['admin', 'practitioner'] })
  const browser = createBrowser(server.url)
  const enrol = await signInHere(server, email, browser)
  await (await submitWith(enrol, 'code', { code: codeAt(secretOn(enrol), Date.now()) })).submit()
  const { body } = await launch(server, { email }, {}, browser)
  const answer = await reset('SOLE@example.org')
  assert.equal(await fhir(server, body.access_token), 401)
  assert.equal((await signInHere(server, email)).status, 401, 'the password of before opens nothing')
  const page = await createBrowser(server.url).open(answer!.link)
  const next = 'four boats in a green bottle'
  assert.equal((await page.submit({ password: next, password2: next })).status, 200)
  assert.equal((await createBrowser(server.url).open(answer!.link)).status, 410)
  const login = await createBrowser(server.url).open('/login')
  assert.equal((await login.submit({ email, password: next })).url.pathname, '/login/enrol')
  const rows = await server.database.query<{ of: string; text: string }>(
    `select detail ->> 'of' as of, detail::text as text from audit where interaction = 'account-reset'`,
  )
  assert.deepEqual(
    rows.map(({ of }) => of),
    [accountId],
  )
  assert.ok(!rows[0]!.text.includes(new URL(answer!.link).searchParams.get('code')!))
})

test('an earlier link dies with a later one, and nobody is made for an address that nobody has', async () => {
  await server.addAccount({ email: 'twice@example.org' })
  const [first, second] = [await reset('twice@example.org'), await reset('twice@example.org')]
  assert.equal((await createBrowser(server.url).open(first!.link)).status, 422)
  assert.equal((await createBrowser(server.url).open(second!.link)).status, 200)
  assert.equal(await reset('nobody@example.org'), undefined)
})

test('a lost password does not go round the second step', async () => {
  const email = 'forgetful@example.org'
  await server.addAccount({ email })
  const enrol = await signInHere(server, email)
  await (await submitWith(enrol, 'code', { code: codeAt(secretOn(enrol), Date.now()) })).submit()
  await (await createBrowser(server.url).open('/forgot')).submit({ email })
  const mail = server.mails.findLast(({ to, text }) => to === email && text.includes('/reset'))!
  const link = /https?:\S+\/reset\S+/.exec(mail.text)![0]
  const page = await createBrowser(server.url).open(link)
  assert.equal((await page.submit({ password, password2: password })).status, 200)
  assert.equal((await signInHere(server, email)).url.pathname, '/login/factor')
})
