import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createAdapter } from '../../src/oauth/provider/adapter.ts'
import { createJwksCache } from '../../src/oauth/provider/jwks-cache.ts'
import { type Browser, createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, authorize, fhir, launch, redeem, token } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'
import { codeAt, secretOn, signInHere, submitWith } from './second-step.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

const house = (more: Record<string, string> = {}) =>
  authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, ...more })
const whereTo = async (browser: Browser) => (await browser.open(authorizationUrl(server, house()))).url.pathname
const refresh = (refreshToken: string) =>
  token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'chartshare-web' })
const sessionsOf = async (accountId: string) =>
  (
    await server.database.query<{ uid: string }>(
      `select uid from oidc_payload where model = 'Session' and account_id = $1`,
      [accountId],
    )
  ).map(({ uid }) => uid)
const revokeAll = (accountId: string) => server.store.transaction((tx) => server.oauth.revokeAll(tx, accountId))

/** What requests that are under way have read of an account, and store again when they end. */
async function underWay(accountId: string): Promise<() => Promise<void>> {
  const tables = ['oidc_payload', 'smart_grant', 'oauth_session']
  const kept = await Promise.all(
    tables.map(async (table) => {
      const [row] = await server.database.query<{ rows: string }>(
        `select coalesce(json_agg(t), '[]')::text as rows from ${table} t where account_id = $1`,
        [accountId],
      )
      return { table, rows: row!.rows }
    }),
  )
  return async () => {
    for (const { table, rows } of kept) {
      await server.database.query(
        `insert into ${table} select * from json_populate_recordset(null::${table}, $1::json) on conflict do nothing`,
        [rows],
      )
    }
  }
}

describe('a request that is under way brings nothing back', () => {
  test('when everything of an account was ended: no session, no token, no list', async () => {
    const { accountId } = await server.addAccount({ email: 'all@example.org' })
    const browser = createBrowser(server.url)
    const email = { email: 'all@example.org' }
    const online = await launch(server, email, { scope: 'openid online_access user/*.rs' }, browser)
    const offline = await launch(server, email, { scope: 'openid offline_access user/*.rs' }, browser)
    const storeAgain = await underWay(accountId)
    await revokeAll(accountId)
    await storeAgain()
    for (const { body } of [online, offline]) {
      assert.equal(await fhir(server, body.access_token), 401)
      assert.equal((await refresh(body.refresh_token)).status, 400)
    }
    assert.equal(await whereTo(browser), '/login')
    assert.equal((await browser.open('/account')).url.pathname, '/login')
  })

  test('when one session was ended, by its owner or by signing out: what was allowed for longer stays', async () => {
    for (const [n, end] of [endOwnSession, signOut].entries()) {
      const email = `one-${n}@example.org`
      const { accountId } = await server.addAccount({ email })
      const browser = createBrowser(server.url)
      const online = await launch(server, { email }, { scope: 'openid online_access user/*.rs' }, browser)
      const offline = await launch(server, { email }, { scope: 'openid offline_access user/*.rs' }, browser)
      const uids = await sessionsOf(accountId)
      assert.equal(uids.length, 1)
      const storeAgain = await underWay(accountId)
      await end(browser, online.body.access_token)
      await storeAgain()
      assert.equal(await fhir(server, online.body.access_token), 401)
      assert.equal((await refresh(online.body.refresh_token)).status, 400)
      assert.equal(await fhir(server, offline.body.access_token), 200)
      assert.equal(await whereTo(browser), '/login')
      const stored = createAdapter({
        database: server.database,
        jwks: createJwksCache({ fetch: () => Promise.reject(new Error('not fetched')) }),
      })('Session')
      assert.deepEqual(await sessionsOf(accountId), uids)
      assert.equal(await stored.findByUid(uids[0]!), undefined)
    }
  })
})

async function endOwnSession(_browser: Browser, accessToken: string): Promise<void> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const list = (await (await fetch(`${server.url}/auth/sessions`, { headers })).json()) as { id: string }[]
  assert.equal(list.length, 1)
  const ended = await fetch(`${server.url}/auth/sessions/${list[0]!.id}`, { method: 'DELETE', headers })
  assert.equal(ended.status, 204)
}

async function signOut(browser: Browser): Promise<void> {
  const page = await browser.open('/auth/session/end')
  assert.match((await page.submit({ logout: 'yes' })).html, /signed out/)
}

test('an app may ask by POST too, as the specification wants it: https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout', async () => {
  await server.addAccount({ email: 'posted@example.org' })
  const browser = createBrowser(server.url)
  const { body } = await launch(server, { email: 'posted@example.org' }, {}, browser)
  const form = {
    client_id: 'chartshare-web',
    post_logout_redirect_uri: `${server.url}/`,
    state: 'kept',
    id_token_hint: String(body.id_token),
  }
  const sent = await fetch(`${server.url}/auth/session/end`, {
    ...{ method: 'POST', redirect: 'manual', body: new URLSearchParams(form) },
  })
  assert.equal(sent.status, 303)
  const question = await browser.open(sent.headers.get('location')!)
  const { url } = await question.submit({ logout: 'yes' })
  assert.equal(url.href, `${server.url}/?state=kept`)
  assert.equal(await whereTo(browser), '/login')
})

test('who signs in right after everything was ended is signed in, however often it happens in one second', async () => {
  const { accountId } = await server.addAccount({ email: 'again@example.org' })
  for (let round = 0; round < 4; round++) {
    await revokeAll(accountId)
    const browser = createBrowser(server.url)
    const { body } = await launch(server, { email: 'again@example.org' }, {}, browser)
    assert.equal(await fhir(server, body.access_token), 200)
    await revokeAll(accountId)
    assert.equal(await fhir(server, body.access_token), 401)
    assert.equal(await whereTo(browser), '/login')
    assert.equal((await signInHere(server, 'again@example.org', browser)).url.pathname, '/')
    assert.equal((await browser.open('/account')).url.pathname, '/account')
  }
})

describe('a sign-in that is half done when everything is ended', () => {
  test('and waits on its way back to the app, does not arrive', async () => {
    const { accountId } = await server.addAccount({ email: 'parked@example.org' })
    const browser = createBrowser(server.url)
    const login = await browser.open(authorizationUrl(server, house()))
    const fields = new URLSearchParams({ email: 'parked@example.org', password })
    for (const { name, value } of login.forms[0]!.controls) if (value !== '') fields.append(name, value)
    const init = { method: 'POST', body: fields, headers: { accept: 'text/html', origin: server.url } }
    const answer = await browser.request(new URL(login.forms[0]!.action, server.url), init)
    const back = answer.headers.get('location')
    assert.match(back ?? '', /\/auth\/auth\//)
    await revokeAll(accountId)
    assert.equal((await browser.open(back!)).status, 400)
    assert.equal(await whereTo(browser), '/login')
  })

  test('and waits for the second step, is out of date', async () => {
    const email = 'waiting@example.org'
    const { accountId } = await server.addAccount({ email })
    const browser = createBrowser(server.url)
    await signInHere(server, email, browser)
    const add = await browser.open('/account/factor')
    const secret = secretOn(add)
    await submitWith(add, 'code', { code: codeAt(secret, Date.now()), name: 'My phone' })
    const waiting = await signInHere(server, email)
    assert.equal(waiting.url.pathname, '/login/factor')
    await revokeAll(accountId)
    const late = await submitWith(waiting, 'code', { code: codeAt(secret, Date.now() + 30_000) })
    assert.equal(late.status, 400, late.html)
  })
})

test('a second factor of one’s own choice binds sessions from before it, too', async () => {
  const email = 'bound@example.org'
  await server.addAccount({ email })
  const older = createBrowser(server.url)
  await signInHere(server, email, older)
  assert.equal(await whereTo(older), '/consent')
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  const add = await browser.open('/account/factor')
  await submitWith(add, 'code', { code: codeAt(secretOn(add), Date.now()), name: 'My phone' })
  assert.equal(await whereTo(older), '/login')
  assert.equal(await whereTo(browser), '/consent', 'the session that proved it goes on')
})

test('a session lasts twelve hours from the sign-in, whatever is asked for in it, and so does what was allowed for it', async () => {
  const email = 'long@example.org'
  const { accountId } = await server.addAccount({ email })
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  await server.database.query(
    `update oidc_payload set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload ->> 'loginTs')::bigint - 11 * 3600))
     where model = 'Session' and account_id = $1`,
    [accountId],
  )
  const request = house({ scope: 'openid online_access user/*.rs' })
  await redeem(server, request, await authorize(server, request, { email }, browser))
  const rows = await server.database.query<{ left: number }>(
    `select extract(epoch from expires_at - now())::float8 as left from oidc_payload where model = 'Session' and account_id = $1
     union all select extract(epoch from ends_at - now())::float8 from smart_grant where account_id = $1`,
    [accountId],
  )
  assert.equal(rows.length, 2)
  for (const { left } of rows) assert.ok(left > 3500 && left <= 3601, String(left))
})
