import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createCodes } from '../../src/oauth/accounts/codes.ts'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorize, redeem, token } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

/** How much there is to guess of what opens something, and how long it opens it. */
let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

const day = 86_400

/** Each test looks at what it made itself. */
async function newPerson(email: string) {
  return { email, ...(await server.addAccount({ email })) }
}

type SomeAccount = Awaited<ReturnType<typeof newPerson>>

async function signedIn(person: { email: string }, browser = createBrowser(server.url)) {
  const request = authorizationRequest(server, {
    client_id: 'chartshare-web',
    redirect_uri: `${server.url}/app`,
    scope: 'openid offline_access user/*.rs',
  })
  return { request, page: await authorize(server, request, person, browser), browser }
}

/** Seconds that the one which was not used yet still has. */
async function left({ accountId }: SomeAccount, model: string): Promise<number> {
  const rows = await server.database.query<{ left: number }>(
    `select extract(epoch from expires_at - now())::float8 as left from oidc_payload
     where model = $1 and account_id = $2 and consumed_at is null`,
    [model, accountId],
  )
  assert.equal(rows.length, 1)
  return rows[0]!.left
}

async function age({ accountId }: SomeAccount, model: string, seconds: number): Promise<void> {
  await server.database.query(
    `update oidc_payload set expires_at = expires_at - $2 * interval '1 second',
     payload = jsonb_set(payload, '{exp}', to_jsonb((payload ->> 'exp')::bigint - $2))
     where model = $1 and account_id = $3`,
    [model, seconds, accountId],
  )
}

test('codes, tokens and the session’s cookie have 128 bits and more, and never come twice', async () => {
  const person = await newPerson('often@example.org')
  const seen: string[] = []
  for (let turn = 0; turn < 4; turn++) {
    const { request, page, browser } = await signedIn(person)
    const { body } = await redeem(server, request, page)
    const cookies = browser.cookieValues()
    assert.ok(cookies.length > 0)
    for (const secret of [page.url.searchParams.get('code'), body.access_token, body.refresh_token, ...cookies]) {
      // 22 signs of base64url are 132 bits.
      assert.match(secret ?? '', /^[\w-]{22,}$/)
      seen.push(secret!)
    }
  }
  assert.equal(new Set(seen).size, seen.length)
})

test('recovery codes and those of letters have 80 bits', () => {
  const { newTypedCode, newLinkCode } = createCodes({ secret: Buffer.alloc(32) })
  const typed = Array.from({ length: 500 }, newTypedCode)
  assert.equal(new Set(typed).size, typed.length)
  for (const code of typed) assert.match(code, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
  // Each of the 32 signs is used: 5 bits in each of 16 places.
  assert.equal(new Set(typed.join('').replaceAll('-', '')).size, 32)
  assert.match(newLinkCode(), /^[\w-]{43}$/)
})

test('a code is good for a minute', async () => {
  const person = await newPerson('late@example.org')
  const { request, page } = await signedIn(person)
  const rest = await left(person, 'AuthorizationCode')
  assert.ok(rest > 0 && rest <= 60, String(rest))
  await age(person, 'AuthorizationCode', 61)
  assert.deepEqual([(await redeem(server, request, page)).body['error']], ['invalid_grant'])
})

test('a refresh token ends when it is not used for 100 days, and never outlives the year of its grant', async () => {
  const person = await newPerson('away@example.org')
  const { request, page } = await signedIn(person)
  const { body } = await redeem(server, request, page)
  const refresh = (refreshToken: string) =>
    token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'chartshare-web' })
  assert.ok((await left(person, 'RefreshToken')) <= 100 * day)
  assert.ok((await left(person, 'Grant')) <= 365 * day)
  await age(person, 'Grant', 350 * day)
  const next = await refresh(body.refresh_token)
  assert.equal(next.status, 200, JSON.stringify(next.body))
  assert.ok((await left(person, 'RefreshToken')) <= 15 * day)
  await age(person, 'RefreshToken', 16 * day)
  assert.equal((await refresh(next.body.refresh_token)).body['error'], 'invalid_grant')
})
