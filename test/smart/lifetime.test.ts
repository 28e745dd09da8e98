import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import {
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  authorize,
  callback,
  decideClient,
  fhir,
  launch,
  post,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string

before(async () => {
  server = await startOAuth()
  chief = await administratorToken(server)
})

after(() => server.close())

let counter = 0

async function newDoctor() {
  const email = `doctor${(counter += 1)}@example.org`
  return { email, ...(await server.addAccount({ email })) }
}

const offline = { scope: 'openid offline_access user/*.rs' }
const refresh = (refreshToken: string) =>
  token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'chartshare-web' })

describe('a token that was issued already', () => {
  test('is refused on the very next request after the suspension of the doctor, and so is its refresh', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor, offline)
    assert.equal(await fhir(server, body.access_token), 200)
    await server.setActive(doctor, false)
    assert.equal(await fhir(server, body.access_token), 401)
    assert.equal((await refresh(body.refresh_token)).body.error, 'invalid_grant')
  })

  test('is found in one round trip', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor)
    const before = server.database.roundTrips()
    const principal = await server.oauth.principalOf(body.access_token)
    assert.equal(server.database.roundTrips() - before, 1)
    assert.equal(principal?.person?.id, doctor.id)
    assert.equal(principal?.kind, 'person')
  })

  test('ends with everything of the account when the server says so', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor, offline)
    await server.store.transaction((tx) => server.oauth.revokeAllOf(tx, doctor))
    assert.equal(await fhir(server, body.access_token), 401)
    assert.equal((await refresh(body.refresh_token)).status, 400)
  })

  test('ends when its account is disabled', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor)
    await server.database.query(`update oauth_account set state = 'disabled' where id = $1`, [doctor.accountId])
    assert.equal(await fhir(server, body.access_token), 401)
  })

  test('ends when an administrator removes or stops the app', async () => {
    const doctor = await newDoctor()
    const { body: app } = await register(
      server,
      { redirect_uris: [callback], token_endpoint_auth_method: 'none' },
      chief,
    )
    const request = authorizationRequest(server, { client_id: app.client_id })
    const { body } = await redeem(server, request, await authorize(server, request, doctor))
    const change = (approval: string) => decideClient(server, chief, app.client_id, { approval })
    assert.equal((await change('waiting')).status, 200)
    assert.equal(await fhir(server, body.access_token), 401)
    // What was stopped does not come back by itself.
    assert.equal((await change('granted')).status, 200)
    assert.equal(await fhir(server, body.access_token), 401)
    const again = await redeem(server, request, await authorize(server, request, doctor))
    assert.equal(await fhir(server, again.body.access_token), 200)
    const removed = await fetch(`${server.url}/auth/clients/${app.client_id}`, {
      ...{ method: 'DELETE', headers: { authorization: `Bearer ${chief}` } },
    })
    assert.equal(removed.status, 204)
    assert.equal(await fhir(server, again.body.access_token), 401)
  })

  test('does not pass for another server’s, and nonsense passes for nothing', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor)
    await server.database.query(
      `update oidc_payload set payload = payload || '{"aud": "https://elsewhere.example/fhir"}' where account_id = $1 and model = 'AccessToken'`,
      [doctor.accountId],
    )
    assert.equal(await server.oauth.principalOf(body.access_token), undefined)
    assert.equal(await server.oauth.principalOf('made-up'), undefined)
    assert.equal(await server.oauth.principalOf(''), undefined)
  })

  test('is no refresh token, and a refresh token is no access token', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor, offline)
    assert.equal(await fhir(server, body.refresh_token), 401)
    assert.equal((await refresh(body.access_token)).status, 400)
  })
})

describe('signing out', () => {
  async function signOut(browser: ReturnType<typeof createBrowser>, button: boolean) {
    const page = await browser.open('/auth/session/end?client_id=chartshare-web')
    assert.match(page.html, /Sign out\?/)
    const [form] = page.forms
    const xsrf = form!.controls.find(({ name }) => name === 'xsrf')!.value
    const done = await browser.request(new URL(form!.action), {
      method: 'POST',
      body: new URLSearchParams({ xsrf, ...(button ? { logout: 'yes' } : {}) }),
    })
    assert.equal(done.status, 303)
  }

  test('ends what was allowed for the session, and leaves what was allowed for longer', async () => {
    const doctor = await newDoctor()
    const browser = createBrowser(server.url)
    const online = await launch(server, doctor, { scope: 'openid online_access user/*.rs' }, browser)
    const lasting = await launch(server, doctor, offline, browser)
    await signOut(browser, true)
    assert.equal(await fhir(server, online.body.access_token), 401)
    assert.equal((await refresh(online.body.refresh_token)).status, 400)
    assert.equal(await fhir(server, lasting.body.access_token), 200)
  })

  test('asks for the password again', async () => {
    const doctor = await newDoctor()
    const browser = createBrowser(server.url)
    await launch(server, doctor, {}, browser)
    const again = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
    assert.equal((await browser.open(authorizationUrl(server, again))).url.pathname, '/consent')
    await signOut(browser, true)
    assert.equal((await browser.open(authorizationUrl(server, again))).url.pathname, '/login')
  })

  test('changes nothing when the person stays', async () => {
    const doctor = await newDoctor()
    const browser = createBrowser(server.url)
    const { body } = await launch(server, doctor, {}, browser)
    await signOut(browser, false)
    assert.equal(await fhir(server, body.access_token), 200)
  })
})

test('a session outlives a suspension, and leads to the login page only', async () => {
  const doctor = await newDoctor()
  const browser = createBrowser(server.url)
  await launch(server, doctor, {}, browser)
  await server.setActive(doctor, false)
  const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
  const page = await authorize(server, request, doctor, browser)
  assert.equal(page.status, 403)
  assert.match(page.html, /awaiting approval/i)
})

describe('revocation', () => {
  test('of a refresh token ends its access tokens', async () => {
    const { body } = await launch(server, await newDoctor(), offline)
    const revoked = await fetch(`${server.url}/auth/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ token: body.refresh_token, client_id: 'chartshare-web' }),
    })
    assert.equal(revoked.status, 200)
    assert.equal(await fhir(server, body.access_token), 401)
  })

  test('is not for another app’s tokens', async () => {
    const { body: app } = await register(
      server,
      { redirect_uris: [callback], token_endpoint_auth_method: 'none' },
      chief,
    )
    const { body } = await launch(server, await newDoctor())
    await fetch(`${server.url}/auth/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ token: body.access_token, client_id: app.client_id }),
    })
    assert.equal(await fhir(server, body.access_token), 200)
  })

  test('by the person ends the app’s access at once, and only his own', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor, offline)
    const other = await launch(server, await newDoctor(), offline)
    const connections = async (accessToken: string) =>
      (await (
        await fetch(`${server.url}/auth/connections`, { headers: { authorization: `Bearer ${accessToken}` } })
      ).json()) as {
        id: string
        client_id: string
        scope: string
      }[]
    const [own] = await connections(body.access_token)
    assert.equal(own?.client_id, 'chartshare-web')
    assert.match(own!.scope, /offline_access/)
    const remove = (accessToken: string) =>
      fetch(`${server.url}/auth/connections/${own!.id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${accessToken}` },
      })
    assert.equal((await remove(other.body.access_token)).status, 404)
    assert.equal((await remove(body.access_token)).status, 204)
    assert.equal(await fhir(server, body.access_token), 401)
    assert.equal((await refresh(body.refresh_token)).status, 400)
  })
})

describe('introspection', () => {
  const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    post(`${server.url}/auth/token/introspection`, form, headers)

  test('tells a client about its own tokens, with the launch context [smart_token_introspection_good]', async () => {
    const doctor = { ...(await newDoctor()), patient: 'anna' }
    const { body } = await launch(server, doctor, { scope: 'openid fhirUser launch/patient patient/*.rs' })
    const { body: answer } = await ask({ token: body.access_token, client_id: 'chartshare-web' })
    assert.equal(answer.active, true)
    assert.equal(answer.client_id, 'chartshare-web')
    assert.equal(answer.patient, 'anna')
    assert.ok(Math.abs(Number(answer.exp) - Date.now() / 1000 - Number(body.expires_in)) < 600)
    assert.equal(answer.sub, doctor.accountId)
    assert.equal(answer.fhirUser, `${server.fhir}/Practitioner/${doctor.id}`)
    assert.equal(answer.iss, `${server.url}/auth`)
    assert.deepEqual(new Set(answer.scope.split(' ')), new Set(body.scope.split(' ')))
  })

  test('tells nothing about bad tokens and those of others [smart_token_introspection_bad]', async () => {
    const { body: app } = await register(
      server,
      { redirect_uris: [callback], token_endpoint_auth_method: 'client_secret_basic' },
      chief,
    )
    const basic = `Basic ${Buffer.from(`${app.client_id}:${app.client_secret}`).toString('base64')}`
    const { body } = await launch(server, await newDoctor())
    for (const value of [body.access_token, 'made-up']) {
      const { status, body: answer } = await ask({ token: value }, { authorization: basic })
      assert.equal(status, 200)
      assert.deepEqual(answer, { active: false })
    }
  })

  test('calls the token of a suspended doctor inactive', async () => {
    const doctor = await newDoctor()
    const { body } = await launch(server, doctor)
    await server.setActive(doctor, false)
    assert.deepEqual((await ask({ token: body.access_token, client_id: 'chartshare-web' })).body, { active: false })
  })

  test('by an administrator’s Bearer token tells about any token, refresh tokens included [smart_token_introspection_bearer]', async () => {
    const { body } = await launch(server, await newDoctor(), offline)
    for (const value of [body.access_token, body.refresh_token]) {
      const { body: answer } = await ask({ token: value }, { authorization: `Bearer ${chief}` })
      assert.equal(answer.active, true)
      assert.equal(answer.client_id, 'chartshare-web')
    }
    await refresh(body.refresh_token)
    assert.deepEqual((await ask({ token: body.refresh_token }, { authorization: `Bearer ${chief}` })).body, {
      active: false,
    })
  })

  test('by an administrator’s token with fewer rights than his tells about his own tokens alone', async () => {
    await server.addAccount({ email: 'narrow@example.org', roles: ['admin', 'practitioner'] })
    const narrow = (await launch(server, { email: 'narrow@example.org' }, { scope: 'openid user/*.rs' })).body
    const { body } = await launch(server, await newDoctor())
    const authorization = `Bearer ${narrow.access_token}`
    assert.deepEqual((await ask({ token: body.access_token }, { authorization })).body, { active: false })
    assert.equal((await ask({ token: narrow.access_token }, { authorization })).body.active, true)
  })

  test('by another Bearer token tells about the same person’s tokens of the same app alone', async () => {
    const doctor = await newDoctor()
    const [one, two, stranger] = [
      await launch(server, doctor),
      await launch(server, doctor),
      await launch(server, await newDoctor()),
    ]
    const authorization = `Bearer ${one.body.access_token}`
    assert.equal((await ask({ token: two.body.access_token }, { authorization })).body.active, true)
    assert.equal((await ask({ token: stranger.body.access_token }, { authorization })).body.active, false)
    assert.equal((await ask({ token: one.body.access_token }, { authorization: 'Bearer made-up' })).status, 401)
  })
})
