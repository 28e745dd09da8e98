import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deviceOf } from '../../src/oauth/pages/session-section.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, fhir, launch, register, token } from './app.ts'
import { administratorToken } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'
import { signInHere } from './second-step.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

interface Session {
  id: string
  began: string
  last_used?: string
  user_agent?: string
}

async function api(accessToken: string, path = '', method = 'GET') {
  const headers = { authorization: `Bearer ${accessToken}` }
  const response = await fetch(`${server.url}/auth/sessions${path}`, { method, headers })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : undefined) as Session[] }
}

const ending = (page: Page, path: string) => page.forms.findIndex(({ action }) => action.endsWith(path))

test('a person sees the own sessions and no others, each with where it began', async () => {
  await server.addAccount({ email: 'two@example.org' })
  await server.addAccount({ email: 'other@example.org' })
  await signInHere(server, 'other@example.org')
  const here = createBrowser(server.url)
  await signInHere(server, 'two@example.org', here)
  const { body } = await launch(server, { email: 'two@example.org' })
  const list = await api(body.access_token)
  assert.equal(list.status, 200)
  assert.equal(list.body.length, 2)
  assert.ok(list.body.every(({ last_used: used, user_agent: agent }) => used && agent))
  const page = await here.open('/account')
  assert.equal(page.html.match(/this browser/g)?.length, 1)
  assert.equal(page.forms.filter(({ action }) => action.endsWith('/sessions/end')).length, 1)
})

test('ending a session ends it and its tokens at once, while what was allowed to stay stays', async () => {
  const email = 'stolen@example.org'
  await server.addAccount({ email })
  const thief = createBrowser(server.url)
  const online = await launch(server, { email }, { scope: 'openid online_access user/*.rs' }, thief)
  const offline = await launch(server, { email }, { scope: 'openid offline_access user/*.rs' }, thief)
  const owner = createBrowser(server.url)
  await signInHere(server, email, owner)
  const page = await owner.open('/account')
  const done = await page.submit({}, undefined, ending(page, '/sessions/end'))
  assert.match(done.html, /signed out/)
  const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
  assert.equal((await thief.open(authorizationUrl(server, request))).url.pathname, '/login')
  assert.equal(await fhir(server, online.body.access_token), 401)
  const refresh = (refreshToken: string) =>
    token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'chartshare-web' })
  assert.equal((await refresh(online.body.refresh_token)).status, 400)
  assert.equal(await fhir(server, offline.body.access_token), 200)
  assert.equal((await refresh(offline.body.refresh_token)).status, 200)
  assert.equal((await owner.open('/account')).url.pathname, '/account', 'the owner stays signed in')
})

test('everywhere else at once, and nowhere of anybody else', async () => {
  const email = 'many@example.org'
  await server.addAccount({ email })
  await server.addAccount({ email: 'bystander@example.org' })
  const bystander = createBrowser(server.url)
  await signInHere(server, 'bystander@example.org', bystander)
  const browsers = Array.from({ length: 4 }, () => createBrowser(server.url))
  for (const browser of browsers) await signInHere(server, email, browser)
  const page = await browsers[3]!.open('/account')
  await page.submit({}, undefined, ending(page, '/sessions/end-others'))
  const now = await Promise.all([...browsers, bystander].map(async (one) => (await one.open('/account')).url.pathname))
  assert.deepEqual(now, ['/login', '/login', '/login', '/account', '/account'])
})

test('nobody ends the session of another person, by page or by API', async () => {
  await server.addAccount({ email: 'mine@example.org' })
  await server.addAccount({ email: 'yours@example.org' })
  const mine = await launch(server, { email: 'mine@example.org' })
  const [session] = (await api(mine.body.access_token)).body
  const yours = createBrowser(server.url)
  const { body } = await launch(server, { email: 'yours@example.org' }, {}, yours)
  assert.equal((await api(body.access_token, `/${session!.id}`, 'DELETE')).status, 404)
  await signInHere(server, 'yours@example.org')
  const page = await yours.open('/account')
  const answer = await page.submit({ id: session!.id }, undefined, ending(page, '/sessions/end'))
  assert.equal(answer.status, 404)
  assert.equal(await fhir(server, mine.body.access_token), 200)
  assert.equal((await api(mine.body.access_token, `/${session!.id}`, 'DELETE')).status, 204)
  assert.equal(await fhir(server, mine.body.access_token), 401)
})

test('the API answers our own app alone', async () => {
  assert.equal((await api('nonsense')).status, 401)
  const admin = await administratorToken(server)
  const redirect = `${server.url}/other-app`
  const { body: client } = await register(
    server,
    { redirect_uris: [redirect], token_endpoint_auth_method: 'none', client_name: 'Another app' },
    admin,
  )
  await server.addAccount({ email: 'nosy@example.org' })
  const { body } = await launch(
    server,
    { email: 'nosy@example.org' },
    { client_id: client.client_id, redirect_uri: redirect },
  )
  assert.equal(await fhir(server, body.access_token), 200)
  assert.equal((await api(body.access_token)).status, 403)
})

test('an ended session leaves its row in the audit trail', async () => {
  const account = await server.addAccount({ email: 'audited@example.org' })
  const { body } = await launch(server, { email: 'audited@example.org' })
  const [session] = (await api(body.access_token)).body
  await api(body.access_token, `/${session!.id}`, 'DELETE')
  const rows = await server.database.query(
    `select from audit where interaction = 'session-end' and outcome = 'success' and account_id = $1`,
    [account.accountId],
  )
  assert.equal(rows.length, 1)
})

test('somebody else who signs in on the start page of the same browser takes nothing over', async () => {
  await server.addAccount({ email: 'before@example.org' })
  await server.addAccount({ email: 'after@example.org' })
  const browser = createBrowser(server.url)
  const { body } = await launch(server, { email: 'before@example.org' }, {}, browser)
  await signInHere(server, 'after@example.org', browser)
  assert.equal(await fhir(server, body.access_token), 401)
  assert.match((await browser.open('/account')).html, /after@example\.org/)
})

test('a browser is called what people call it', () => {
  const said = [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
    'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
    'curl/8.5.0',
  ]
  assert.deepEqual(said.map(deviceOf), [
    'Edge on Windows',
    'Safari on an iPhone',
    'Firefox on Linux',
    'Chrome on Android',
    'A browser or program',
  ])
  assert.equal(deviceOf(), 'A browser or program')
})
