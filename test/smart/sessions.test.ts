import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, decide, fhir, launch, redeem } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'one@example.org' })
  await server.addAccount({ email: 'two@example.org' })
})

after(() => server.close())

const house = (more: Record<string, string> = {}) =>
  authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, ...more })

test('somebody else signing in on the same browser ends the first one’s session and what hung on it', async () => {
  const browser = createBrowser(server.url)
  const first = await launch(server, { email: 'one@example.org' }, {}, browser)
  const request = house({ prompt: 'login' })
  const login = await browser.open(authorizationUrl(server, request))
  const change = await login.submit({ email: 'two@example.org', password })
  assert.doesNotMatch(change.html, /<script/)
  assert.match(change.html, /<button>Continue<\/button>/)
  const done = await decide(await change.submit(), { email: 'two@example.org' })
  const { body } = await redeem(server, request, done)
  const principal = await server.oauth.principalOf(body.access_token)
  const [two] = await server.database.query<{ id: string }>(
    `select id from oauth_account where email = 'two@example.org'`,
  )
  assert.equal(principal?.accountId, two?.id)
  assert.equal(await fhir(server, first.body.access_token), 401)
})

test('the consent page may lead to the app that asked, and nowhere else', async () => {
  const browser = createBrowser(server.url)
  await launch(server, { email: 'one@example.org' }, {}, browser)
  const page = await browser.open(authorizationUrl(server, house()))
  assert.equal(page.url.pathname, '/consent')
  assert.ok(page.headers.get('content-security-policy')!.includes(`form-action 'self' ${server.url};`))
  const boxes = page.forms[0]!.controls.filter(({ name }) => name === 'scope')
  assert.deepEqual(
    boxes.map(({ value, checked }) => [value, checked]),
    [
      ['openid', true],
      ['fhirUser', true],
      ['user/*.rs', true],
    ],
  )
  assert.deepEqual(page.forms[0]!.buttons, ['allow', 'deny'])
  const nothing = await page.submit({ scope: [] }, 'allow')
  assert.equal(nothing.status, 422)
})

test('behind https, cookies are Secure and the session’s is bound to the host', async () => {
  const secure = await startOAuth({ publicUrl: 'https://chart.example' })
  try {
    const { parameters } = authorizationRequest(secure, {
      client_id: 'chartshare-web',
      redirect_uri: 'https://chart.example/',
    })
    const asked = new URLSearchParams({ ...parameters, aud: 'https://chart.example/fhir' })
    const response = await fetch(`${secure.address}/auth/auth?${asked.toString()}`, { redirect: 'manual' })
    assert.match(response.headers.get('location')!, /^https:\/\/chart\.example\/login\?/)
    const cookies = response.headers.getSetCookie()
    assert.ok(cookies.length > 0)
    for (const cookie of cookies) assert.match(cookie, /; secure; httponly/i, cookie)
    await secure.addAccount({ email: 'one@example.org' })
    const signedIn = await fetch(`${secure.address}/login`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'one@example.org', password }),
      redirect: 'manual',
    })
    assert.ok(signedIn.headers.getSetCookie().some((cookie) => /^__Host-session=.*; path=\/;.*secure/i.test(cookie)))
  } finally {
    await secure.close()
  }
})

test('housekeeping removes what is over, and nothing that lives', async () => {
  const { body } = await launch(server, { email: 'one@example.org' }, { scope: 'openid offline_access user/*.rs' })
  await server.database.query(
    `insert into oidc_payload (model, id, payload, expires_at) values ('AccessToken', 'old', '{}', now() - interval '1 s')`,
  )
  await server.database.query(
    `insert into oauth_account (id, email, password_hash, state, created)
     values (gen_random_uuid(), 'never@example.org', 'x', 'unverified', now() - interval '73 hours')`,
  )
  await server.oauth.sweep()
  assert.equal((await server.database.query(`select from oidc_payload where id = 'old'`)).length, 0)
  assert.equal((await server.database.query(`select from oauth_account where email = 'never@example.org'`)).length, 0)
  assert.equal(await fhir(server, body.access_token), 200)
})

test('no secret stands in the database: not a token, a code, a session or a launch', async () => {
  const browser = createBrowser(server.url)
  const { body } = await launch(
    server,
    { email: 'one@example.org' },
    { scope: 'openid offline_access user/*.rs' },
    browser,
  )
  const rows = await server.database.query<{ line: string }>('select p::text as line from oidc_payload p')
  for (const secret of [body.access_token, body.refresh_token, ...browser.cookieValues()]) {
    assert.equal(
      rows.some(({ line }) => line.includes(secret)),
      false,
    )
  }
})

test('what cannot be read is refused as OAuth says it, and NUL never reaches the database', async () => {
  const form = (path: string, body: string) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  const huge = await form('/auth/token', `grant_type=${'x'.repeat(60_000)}`)
  assert.equal(huge.status, 413)
  assert.equal(((await huge.json()) as { error: string }).error, 'invalid_request')
  assert.equal((await form('/auth/token', 'client_id=a%00b&grant_type=refresh_token')).status, 400)
  assert.equal((await form('/login', 'email=a%00b&password=x')).status, 400)
  assert.equal((await fetch(`${server.url}/auth/auth?client_id=a%00b`)).status, 400)
  assert.equal((await fetch(`${server.url}/auth/reg/a%00b`)).status, 400)
})
