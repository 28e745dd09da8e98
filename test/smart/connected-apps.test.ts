import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser, type Page } from '../support/browser.ts'
import { administratorToken, callback, fhir, launch, register, token } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'
import { signInHere } from './second-step.ts'

let server: OAuthServer
let app: string

before(async () => {
  server = await startOAuth()
  const chief = await administratorToken(server)
  const metadata = { client_name: 'Diary & Co', redirect_uris: [callback], token_endpoint_auth_method: 'none' }
  app = (await register(server, metadata, chief)).body.client_id
})

after(() => server.close())

const disconnect = (page: Page) => page.forms.findIndex(({ action }) => action.endsWith('/apps/disconnect'))

async function connected(email: string, scope: string) {
  const person = { email }
  return launch(server, person, { client_id: app, redirect_uri: callback, scope })
}

test('an app stands on the account page once, with all that it may do, and is disconnected with all its launches', async () => {
  const email = 'owner@example.org'
  const account = await server.addAccount({ email })
  const lasting = await connected(email, 'openid offline_access user/Observation.rs')
  const short = await connected(email, 'user/Patient.rs')
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  const page = await browser.open('/account')
  assert.equal(page.html.split('Diary &amp; Co</h3>').length, 2)
  const card = page.html.slice(page.html.indexOf('Diary &amp; Co</h3>'))
  for (const words of ['Read and search results and measurements', 'Stay connected', 'on <time', 'connected since']) {
    assert.ok(card.includes(words), words)
  }
  assert.match(card, /Disconnect<span class="unseen"> Diary &amp; Co<\/span>/)

  const done = await page.submit({}, undefined, disconnect(page))
  assert.match(done.html, /role="status">The app is disconnected/)
  for (const { body } of [lasting, short]) assert.equal(await fhir(server, body.access_token), 401)
  const refresh = { grant_type: 'refresh_token', refresh_token: lasting.body.refresh_token, client_id: app }
  assert.equal((await token(server, refresh)).status, 400)
  assert.match((await browser.open('/account')).html, /No app has access in your name/)
  const again = await page.submit({}, undefined, disconnect(page))
  assert.equal(again.status, 404)
  assert.match(again.html, /role="alert">This app is not connected any more/)
  const rows = await server.database.query<{ detail: { client: string; grant: string } }>(
    `select detail from audit where interaction = 'revoke-grant' and outcome = 'success' and account_id = $1`,
    [account.accountId],
  )
  assert.deepEqual(
    rows.map(({ detail }) => [detail.client, detail.grant.split(' ').length]),
    [[app, 2]],
  )
})

test('nobody disconnects an app of another person, from another site, or without being signed in', async () => {
  for (const email of ['mine@example.org', 'yours@example.org']) await server.addAccount({ email })
  const mine = await connected('mine@example.org', 'user/Patient.rs')
  const browser = createBrowser(server.url)
  await signInHere(server, 'yours@example.org', browser)
  await connected('yours@example.org', 'user/Patient.rs')
  const page = await browser.open('/account')
  assert.match((await page.submit({}, undefined, disconnect(page))).html, /disconnected/)
  assert.equal(await fhir(server, mine.body.access_token), 200)
  const url = `${server.url}/account/apps/disconnect`
  const send = (headers: Record<string, string>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ app }), headers, redirect: 'manual' })
  assert.equal((await send({ origin: 'https://elsewhere.example' })).status, 403)
  const stranger = await send({})
  assert.equal(stranger.headers.get('location'), `${server.url}/login?to=account`)
  assert.equal(await fhir(server, mine.body.access_token), 200)
})

test('last used is when it was given its latest token, and the API says so too', async () => {
  const email = 'user@example.org'
  await server.addAccount({ email })
  const { body } = await connected(email, 'offline_access user/*.cruds')
  const ask = async (accessToken: string) => {
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await fetch(`${server.url}/auth/connections`, { headers })
    return ((await response.json()) as { created: string; last_used: string }[])[0]!
  }
  await server.database.query(`update smart_grant set created = created - interval '3 days' where client_id = $1`, [
    app,
  ])
  await server.database.query(
    `update oidc_payload set payload = payload || jsonb_build_object('iat', (payload ->> 'iat')::bigint - 2 * 86400)
     where client_id = $1 and model = 'AccessToken'`,
    [app],
  )
  const { created, last_used: used } = await ask(body.access_token)
  assert.ok(Date.parse(used) - Date.parse(created) > 2 * 86_400_000, `${created} ${used}`)
})
