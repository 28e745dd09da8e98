import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import {
  administratorToken,
  authorizationRequest,
  authorize,
  callback,
  decideClient,
  fhir,
  launch,
  redeem,
  register,
  token,
  type TokenAnswer,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

/** What an administrator’s decisions mean for the tokens that are out. */
let server: OAuthServer
let chief: string
let app: string
const doctor = { email: 'doctor@example.org' }
const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'Growth chart' }

before(async () => {
  server = await startOAuth()
  chief = await administratorToken(server)
  await server.addAccount(doctor)
})
after(() => server.close())
beforeEach(async () => {
  app = (await register(server, metadata, chief)).body.client_id
})

async function launched(scope = 'openid offline_access user/*.rs'): Promise<TokenAnswer['body']> {
  const request = authorizationRequest(server, { client_id: app, scope })
  return (await redeem(server, request, await authorize(server, request, doctor))).body
}

const refresh = (refreshToken: string, more: Record<string, string> = {}) =>
  token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: app, ...more })
const decide = async (change: Record<string, unknown>) =>
  assert.equal((await decideClient(server, chief, app, change)).status, 200)

describe('a refresh token survives a refusal that is the app’s', () => {
  for (const approval of ['waiting', 'suspended']) {
    test(`while the app is ${approval}`, async () => {
      const { refresh_token: first } = await launched()
      await decide({ approval })
      for (let n = 0; n < 2; n++) assert.equal((await refresh(first)).body.error, 'unauthorized_client')
      await decide({ approval: 'granted' })
      const { status, body } = await refresh(first)
      assert.equal(status, 200)
      assert.equal(await fhir(server, body.access_token), 200)
    })
  }

  test('while none of its scopes can be granted', async () => {
    const { refresh_token: first } = await launched()
    await decide({ scope: 'patient/*.rs' })
    assert.equal((await refresh(first)).body.error, 'invalid_scope')
    await decide({ scope: 'openid user/*.rs' })
    assert.equal((await refresh(first, { scope: 'offline_access' })).body.error, 'invalid_scope')
    assert.equal((await refresh(first)).status, 200)
  })
})

describe('an access token ends', () => {
  test('with its app’s approval, and does not come back with it', async () => {
    for (const approval of ['waiting', 'suspended']) {
      const { access_token: old } = await launched()
      await decide({ approval })
      await decide({ approval: 'granted' })
      assert.equal(await fhir(server, old), 401)
    }
  })

  test('when the app changes its registration, and does not come back with the next approval', async () => {
    const { body } = await register(server, metadata, chief)
    app = body.client_id
    const { access_token: old } = await launched()
    const response = await fetch(String(body.registration_client_uri), {
      method: 'PUT',
      headers: { authorization: `Bearer ${body.registration_access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...metadata, client_id: app, client_name: 'Another' }),
    })
    assert.equal(response.status, 200)
    await decide({ approval: 'granted' })
    assert.equal(await fhir(server, old), 401)
  })

  test('that was made before the last change of scopes and stored after it counts as little', async () => {
    const { access_token: late } = await launched()
    await server.database.query(
      `update oidc_payload set payload = payload || jsonb_build_object('changed_at', (payload ->> 'client_id_issued_at')::bigint + 60)
       where model = 'Client' and id = $1`,
      [app],
    )
    assert.equal(await fhir(server, late), 401)
    await server.database.query(
      `update oidc_payload set payload = payload || jsonb_build_object('changed_at', (payload ->> 'client_id_issued_at')::bigint)
       where model = 'Client' and id = $1`,
      [app],
    )
    assert.equal(await fhir(server, late), 200)
  })

  test('never by a decision that changes nothing', async () => {
    const { access_token: kept } = await launched()
    await decide({ approval: 'granted' })
    assert.equal(await fhir(server, kept), 200)
  })
})

describe('an app that a person gave little', () => {
  const connections = async (accessToken: string) => {
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await fetch(`${server.url}/auth/connections`, { headers })
    return (await response.json()) as { id: string; client_id: string }[]
  }
  const end = async (id: string, accessToken: string) => {
    const headers = { authorization: `Bearer ${accessToken}` }
    return (await fetch(`${server.url}/auth/connections/${id}`, { method: 'DELETE', headers })).status
  }

  test('sees and ends the connections of itself alone; our own app, and one with all his rights, see all', async () => {
    const house = (await launch(server, doctor, { scope: 'openid user/*.rs' })).body.access_token
    const small = (await launched('openid user/*.rs')).access_token
    assert.deepEqual([...new Set((await connections(small)).map((one) => one.client_id))], [app])
    const all = await connections(house)
    const houses = all.find((one) => one.client_id === 'chartshare-web')!
    assert.ok(all.some((one) => one.client_id === app))
    assert.equal(await end(houses.id, small), 404)
    const whole = (await launched('openid user/*.cruds')).access_token
    assert.deepEqual(await connections(whole), await connections(house))
    assert.equal(await end((await connections(small))[0]!.id, small), 204)
  })
})

test('a page without an origin of its own is no app’s, whatever scheme the app is sent back to', async () => {
  const native = { ...metadata, application_type: 'native', redirect_uris: ['org.example.chart:/callback'] }
  const { body, status } = await register(server, native, chief)
  assert.equal(status, 201, JSON.stringify(body))
  const response = await fetch(`${server.url}/auth/token`, {
    method: 'POST',
    headers: { origin: 'null' },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: body.client_id }),
  })
  assert.notEqual(response.headers.get('access-control-allow-origin'), 'null')
})
