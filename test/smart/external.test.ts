import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Browser, createBrowser, type Page } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, fhir, launch, redeem } from './app.ts'
import { type Colleague, startExternalProvider } from './external-provider.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let mailDown = false
let hospital: Awaited<ReturnType<typeof startExternalProvider>>

before(async () => {
  hospital = await startExternalProvider(() => `${server.url}/login/external/callback`)
  server = await startOAuth({ external: settings(), secondFactorOf: 'all', mailIsDown: () => mailDown })
})

after(async () => {
  await server.close()
  await hospital.close()
})

const settings = () => ({
  ...{
    issuer: hospital.url,
    clientId: 'chartshare',
    clientSecret: 'a secret of both sides',
    name: 'Lakeside Hospital',
  },
})
const house = (more: Record<string, string> = {}) =>
  authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, ...more })

/** The address with which the hospital sends the browser back. */
async function sentBack(left: Page): Promise<URL> {
  assert.equal(left.left, true, left.html)
  assert.equal(left.url.origin, hospital.url)
  const page = await createBrowser(hospital.url).open(left.url)
  assert.equal(page.left, true, page.html)
  return page.url
}

/** Through the link on the login page, to the hospital and back. */
async function through(
  colleague: Colleague | undefined,
  browser: Browser = createBrowser(server.url),
  from = '/login',
) {
  const login = await browser.open(from)
  const link = /href="(\/login\/external[^"]*)"/.exec(login.html)?.[1]
  assert.ok(link, login.html)
  assert.match(login.html, /Sign in with Lakeside Hospital/)
  hospital.signsIn(colleague)
  return browser.open(await sentBack(await browser.open(link.replaceAll('&amp;', '&'))))
}

const mfa = ['pwd', 'otp', 'mfa']

test('somebody whose address both sides have verified is linked at the first sign-in, and told so', async () => {
  await server.addAccount({ email: 'mia@example.org' })
  const browser = createBrowser(server.url)
  const request = house()
  const colleague = { sub: 'mia-1', email: 'MIA@example.org', email_verified: true, amr: mfa }
  const consent = await through(colleague, browser, authorizationUrl(server, request))
  assert.equal(consent.url.pathname, '/consent', consent.html)
  const { body } = await redeem(server, request, await consent.submit({}, 'allow'))
  assert.equal(await fhir(server, body.access_token), 200)
  assert.match(server.mails.at(-1)!.subject, /Lakeside Hospital/)
  const mails = server.mails.length
  const again = await through({ sub: 'mia-1', amr: mfa })
  assert.equal(again.url.pathname, '/', 'the subject is enough from now on')
  assert.equal(server.mails.length, mails)
})

test('an address that the hospital has not verified, or that nobody has here, opens nothing', async () => {
  await server.addAccount({ email: 'victim@example.org' })
  for (const colleague of [
    { sub: 'mallory-1', email: 'victim@example.org', email_verified: false, amr: mfa },
    { sub: 'mallory-2', email: 'victim@example.org', amr: mfa },
    { sub: 'mallory-3', email: 'nobody@example.org', email_verified: true, amr: mfa },
    { sub: 'mallory-4', amr: mfa },
  ]) {
    const page = await through(colleague)
    assert.equal(page.status, 403, page.html)
    assert.match(page.html, /no account for you yet/)
  }
  assert.equal((await server.database.query(`select from oauth_identity where subject like 'mallory%'`)).length, 0)
})

test('an account that is linked already is not linked to a second person with the same address', async () => {
  await server.addAccount({ email: 'kim@example.org' })
  const kim = { email: 'kim@example.org', email_verified: true, amr: mfa }
  assert.equal((await through({ sub: 'kim-1', ...kim })).url.pathname, '/')
  assert.equal((await through({ sub: 'kim-2', ...kim })).status, 403)
})

test('an administrator links, links anew and takes away; what was signed in ends', async () => {
  const person = await server.addAccount({ email: 'lee@example.org' })
  const link = (subject: string | undefined) =>
    server.store.transaction((tx) => server.oauth.linkIdentity(tx, person, subject))
  await link('lee-1')
  const browser = createBrowser(server.url)
  assert.equal((await through({ sub: 'lee-1', amr: mfa }, browser)).url.pathname, '/')
  await link('lee-2')
  assert.equal((await browser.open('/account')).url.pathname, '/login')
  assert.equal((await through({ sub: 'lee-1', amr: mfa })).status, 403)
  assert.equal((await through({ sub: 'lee-2', amr: mfa })).url.pathname, '/')
  await link(undefined)
  assert.equal((await through({ sub: 'lee-2', amr: mfa })).status, 403)
  await server.addAccount({ email: 'max@example.org' })
  await through({ sub: 'max-1', email: 'max@example.org', email_verified: true, amr: mfa })
  await assert.rejects(link('max-1'), /belongs to another account/)
})

test('a link that an administrator took away does not come back by the address, and can be given anew', async () => {
  const person = await server.addAccount({ email: 'zoe@example.org' })
  const zoe = { sub: 'zoe-1', email: 'zoe@example.org', email_verified: true, amr: mfa }
  const link = (subject: string | undefined) =>
    server.store.transaction((tx) => server.oauth.linkIdentity(tx, person, subject))
  assert.equal((await through(zoe)).url.pathname, '/')
  await link(undefined)
  assert.equal((await through(zoe)).status, 403)
  assert.equal((await through({ ...zoe, sub: 'zoe-2' })).status, 403)
  await link('zoe-1')
  assert.equal((await through(zoe)).url.pathname, '/')
})

test('the first sign-in links while no mail can be sent', async () => {
  await server.addAccount({ email: 'una@example.org' })
  mailDown = true
  try {
    const page = await through({ sub: 'una-1', email: 'una@example.org', email_verified: true, amr: mfa })
    assert.equal(page.url.pathname, '/', page.html)
  } finally {
    mailDown = false
  }
})

const nowSeconds = () => Math.floor(Date.now() / 1000)
const linked = (name: string) => ({ sub: `${name}-1`, email: `${name}@example.org`, email_verified: true, amr: mfa })

/** Signed in by the hospital without having been asked for it. */
async function silently(name: string): Promise<Browser> {
  await server.addAccount({ email: `${name}@example.org` })
  const browser = createBrowser(server.url)
  assert.equal((await through(linked(name), browser)).url.pathname, '/')
  return browser
}

test('whom the hospital let pass without asking changes no factors until it has asked', async () => {
  const browser = await silently('amy')
  assert.equal((await browser.open('/account')).url.pathname, '/account')
  assert.equal((await browser.open('/account/factor')).url.pathname, '/login')
  const left = await browser.open('/login/external?to=account')
  assert.equal(left.url.searchParams.get('prompt'), 'login')
  assert.equal(left.url.searchParams.get('max_age'), '0')
  assert.equal((await browser.open(await sentBack(left))).url.pathname, '/account')
  assert.equal((await browser.open('/account/factor')).url.pathname, '/account/factor')
})

test('an app that asks how fresh the sign-in is gets one that the hospital asked for', async () => {
  const browser = await silently('bea')
  const plain = await browser.open(authorizationUrl(server, house()))
  assert.equal(plain.url.pathname, '/consent', 'single sign-on suffices where nobody asks')
  for (const demand of [{ max_age: '36000' }, { prompt: 'login' }] as Record<string, string>[]) {
    const request = house(demand)
    const login = await browser.open(authorizationUrl(server, request))
    assert.equal(login.url.pathname, '/login')
    const left = await browser.open(/href="(\/login\/external[^"]*)"/.exec(login.html)![1]!.replaceAll('&amp;', '&'))
    assert.equal(left.url.searchParams.get('prompt'), 'login')
    assert.equal((await browser.open(await sentBack(left))).url.pathname, '/consent')
    // Back to a session that nobody was asked for.
    await through(linked('bea'), browser)
  }
  const none = await browser.open(authorizationUrl(server, house({ max_age: '36000', prompt: 'none' })))
  assert.equal(none.url.searchParams.get('error'), 'login_required')
})

test('a hospital that lets pass although it was told to ask, or asked long ago, is not believed', async () => {
  const browser = await silently('cat')
  const refused = async () => {
    const page = await browser.open(await sentBack(await browser.open('/login/external?to=account')))
    assert.equal(page.status, 401, page.html)
    assert.match(page.html, /did not ask you for one/)
    assert.equal((await browser.open('/account/factor')).url.pathname, '/login')
  }
  hospital.letsPass(true)
  try {
    await refused()
  } finally {
    hospital.letsPass(false)
  }
  hospital.signsIn({ ...linked('cat'), askedAt: nowSeconds() - 600 })
  await refused()
})

test('somebody of another provider with the same subject is somebody else', async () => {
  const other = await server.addAccount({ email: 'dot@example.org' })
  await server.database.query(
    `insert into oauth_identity (issuer, subject, account_id) values ('https://other.example', 'dot-1', $1)`,
    [other.accountId],
  )
  assert.equal((await through({ sub: 'dot-1', amr: mfa })).status, 403)
  assert.equal((await through({ ...linked('dot'), sub: 'dot-2' })).url.pathname, '/', 'by the address, as at first')
  const rows = await server.database.query<{ subject: string }>(
    `select subject from oauth_identity where account_id = $1 order by subject`,
    [other.accountId],
  )
  assert.deepEqual(rows, [{ subject: 'dot-1' }, { subject: 'dot-2' }])
})

test('the second step is ours when the hospital asked for none, and it asks who adds the first one', async () => {
  await server.addAccount({ email: 'ida@example.org' })
  const browser = createBrowser(server.url)
  const page = await through({ sub: 'ida-1', email: 'ida@example.org', email_verified: true, amr: ['pwd'] }, browser)
  assert.equal(page.url.searchParams.get('prompt'), 'login', page.html)
  assert.equal((await browser.open(await sentBack(page))).url.pathname, '/login/enrol')
})

test('a suspended doctor is told so and gets no session', async () => {
  const person = await server.addAccount({ email: 'sue@example.org' })
  await through({ sub: 'sue-1', email: 'sue@example.org', email_verified: true, amr: mfa })
  await server.setActive(person, false)
  const browser = createBrowser(server.url)
  const page = await through({ sub: 'sue-1', amr: mfa }, browser)
  assert.equal(page.status, 403)
  assert.match(page.html, /cannot be used now/)
  assert.equal((await browser.open('/account')).url.pathname, '/login')
})

test('an answer is good once, in the browser that left, and unchanged', async () => {
  await server.addAccount({ email: 'eve@example.org' })
  const eve = { sub: 'eve-1', email: 'eve@example.org', email_verified: true, amr: mfa }
  hospital.signsIn(eve)
  const browser = createBrowser(server.url)
  const back = await sentBack(await browser.open('/login/external'))
  assert.equal((await createBrowser(server.url).open(back)).status, 400, 'another browser')
  const changed = new URL(back)
  changed.searchParams.set('state', 'x'.repeat(43))
  assert.equal((await browser.open(changed)).status, 400, 'another state')
  assert.equal((await browser.open(back)).url.pathname, '/')
  assert.equal((await browser.open(back)).status, 400, 'a second time')
  const other = await sentBack(await browser.open('/login/external'))
  other.searchParams.set('code', 'made-up')
  assert.equal((await browser.open(other)).status, 401, 'a code that the hospital did not give')
})

test('an ID token that the hospital did not sign opens nothing', async () => {
  await server.addAccount({ email: 'ann@example.org' })
  const ann = { sub: 'ann-1', email: 'ann@example.org', email_verified: true, amr: mfa }
  hospital.forgesSignatures(true)
  try {
    assert.equal((await through(ann)).status, 401)
  } finally {
    hospital.forgesSignatures(false)
  }
  assert.equal((await through(ann)).url.pathname, '/')
})

test('who changes his mind at the hospital is told in words, and the trail knows', async () => {
  const page = await through(undefined)
  assert.equal(page.status, 401)
  assert.match(page.html, /not signed in by Lakeside Hospital/)
  const [row] = await server.database.query<{ outcome: string }>(
    `select outcome from audit where interaction = 'login' order by n desc limit 1`,
  )
  assert.equal(row?.outcome, 'refused')
})

test('a hospital that does not answer leaves the password, and is asked again', async () => {
  const gone = await startOAuth({ external: { ...settings(), issuer: 'http://localhost:9' } })
  try {
    await gone.addAccount({ email: 'pat@example.org' })
    const page = await createBrowser(gone.url).open('/login/external')
    assert.equal(page.status, 503)
    assert.ok(Number(page.headers.get('retry-after')) > 0)
    assert.ok((await launch(gone, { email: 'pat@example.org' })).body.access_token)
  } finally {
    await gone.close()
  }
})

test('without the settings there is neither a link nor a page', async () => {
  const plain = await startOAuth()
  try {
    const browser = createBrowser(plain.url)
    assert.doesNotMatch((await browser.open('/login')).html, /external/)
    assert.equal((await browser.open('/login/external')).status, 404)
  } finally {
    await plain.close()
  }
})
