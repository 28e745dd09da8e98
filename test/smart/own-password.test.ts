import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser, type Browser } from '../support/browser.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'
import { signInHere, submitWith } from './second-step.ts'

const next = 'four boats in a green bottle'
let server: OAuthServer

before(async () => {
  server = await startOAuth({ rateScale: 1 })
})

after(() => server.close())

async function signedIn(email: string): Promise<Browser> {
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  return browser
}

async function change(browser: Browser, values: Record<string, string>) {
  const page = await browser.open('/account/password')
  assert.equal(page.url.pathname, '/account/password')
  return submitWith(page, 'present', { present: password, password: next, password2: next, ...values })
}

const canSignIn = async (email: string, given: string) => {
  const login = await createBrowser(server.url).open('/login')
  return (await login.submit({ email, password: given })).url.pathname === '/'
}

test('who knows the present password sets another one, and the other devices are signed out', async () => {
  const email = 'change@example.org'
  const { accountId } = await server.addAccount({ email })
  const [here, there] = [await signedIn(email), await signedIn(email)]
  const done = await change(here, {})
  assert.equal(done.url.pathname, '/account')
  assert.match(done.html, /new password is set/)
  assert.equal((await there.open('/account')).url.pathname, '/login')
  assert.equal(await canSignIn(email, next), true)
  assert.equal(await canSignIn(email, password), false)
  assert.match(server.mails.at(-1)!.subject, /password was changed/)
  const rows = await server.database.query<{ outcome: string }>(
    `select outcome from audit where interaction = 'password-change' and account_id = $1`,
    [accountId],
  )
  assert.deepEqual(rows, [{ outcome: 'success' }])
})

test('other devices stay signed in when the person wants so', async () => {
  const email = 'keep@example.org'
  await server.addAccount({ email })
  const [here, there] = [await signedIn(email), await signedIn(email)]
  await change(here, { keep: 'yes' })
  assert.equal((await there.open('/account')).url.pathname, '/account')
})

test('a wrong present password, two that differ and a weak one change nothing', async () => {
  const email = 'wrong@example.org'
  await server.addAccount({ email })
  const browser = await signedIn(email)
  const wrong: Record<string, string>[] = [
    { present: 'not the present one' },
    { password2: 'four boats in a blue bottle' },
    { password: 'short', password2: 'short' },
    { password: 'password1234', password2: 'password1234' },
  ]
  for (const values of wrong) assert.equal((await change(browser, values)).status, 422, JSON.stringify(values))
  assert.equal(await canSignIn(email, password), true)
})

test('guessing the present password is slowed down for the account, whatever the browser', async () => {
  const email = 'guess@example.org'
  await server.addAccount({ email })
  const browsers = [await signedIn(email), await signedIn(email)]
  const statuses: number[] = []
  for (let n = 0; n < 7; n++) statuses.push((await change(browsers[n % 2]!, { present: `guess number ${n}` })).status)
  assert.equal(statuses[0], 422)
  assert.equal(statuses.at(-1), 429)
})

test('a stranger is asked to sign in, and the way out is on each page of the account', async () => {
  assert.equal((await createBrowser(server.url).open('/account/password')).url.pathname, '/login')
  await server.addAccount({ email: 'out@example.org' })
  const browser = await signedIn('out@example.org')
  for (const path of ['/account', '/account/password', '/account/address', '/account/factor']) {
    const page = await browser.open(path)
    assert.equal(page.url.pathname, path)
    assert.match(page.html, /<a href="\/auth\/session\/end">Sign out<\/a>/, path)
  }
})
