import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, launch, token } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'
import { signInHere } from './second-step.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

/** As if nothing had used the sessions of the account for so long. */
const idleFor = (accountId: string, minutes: number) =>
  server.database.query(
    `update oauth_session set last_used = now() - $2::int * interval '1 minute' where account_id = $1`,
    [accountId, minutes],
  )

const refresh = (refreshToken: string) =>
  token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'chartshare-web' })

test('a session that nothing used for two hours is over, and one that was used is not', async () => {
  const email = 'idle@example.org'
  const { accountId } = await server.addAccount({ email })
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  for (let n = 0; n < 3; n++) {
    await idleFor(accountId, 110)
    assert.equal((await browser.open('/account')).url.pathname, '/account', 'each use begins anew')
  }
  await idleFor(accountId, 121)
  assert.equal((await browser.open('/account')).url.pathname, '/login')
  const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
  assert.equal((await browser.open(authorizationUrl(server, request))).url.pathname, '/login')
})

test('an app of the session keeps it in use by its refresh token, and cannot when nobody used it for two hours', async () => {
  const email = 'refresh@example.org'
  const { accountId } = await server.addAccount({ email })
  const browser = createBrowser(server.url)
  const scope = { scope: 'openid online_access user/*.rs' }
  const { body } = await launch(server, { email }, scope, browser)
  await idleFor(accountId, 110)
  const next = await refresh(body.refresh_token)
  assert.equal(next.status, 200)
  const [row] = await server.database.query<{ used: boolean }>(
    `select last_used > now() - interval '1 minute' as used from oauth_session where account_id = $1`,
    [accountId],
  )
  assert.equal(row?.used, true)
  await idleFor(accountId, 121)
  assert.equal((await refresh(next.body.refresh_token)).status, 400)
})

test('what was allowed to stay connected does not depend on the session', async () => {
  const email = 'offline@example.org'
  const { accountId } = await server.addAccount({ email })
  const { body } = await launch(server, { email }, { scope: 'openid offline_access user/*.rs' })
  await idleFor(accountId, 600)
  assert.equal((await refresh(body.refresh_token)).status, 200)
})
