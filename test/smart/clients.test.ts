import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import {
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  authorize,
  callback,
  clientKey,
  fhir,
  launch,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string

before(async () => {
  server = await startOAuth({ fetchAllow: ['127.0.0.1'] })
  chief = await administratorToken(server)
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

const doctor = { email: 'doctor@example.org' }
const app = { redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'Growth chart' }
const secretApp = { ...app, token_endpoint_auth_method: 'client_secret_basic' }
const backend = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt' }

type Answer = Record<string, unknown> & { version: string; approval: string; client_secret: string; client_id: string }

async function administer(method: string, path: string, body?: object, bearer = chief) {
  const response = await fetch(`${server.url}/auth/clients${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer }
}

async function update(registered: Record<string, string>, change: object) {
  const { registration_client_uri: uri, registration_access_token: bearer } = registered
  const response = await fetch(uri!, {
    method: 'PUT',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: registered.client_id, ...change }),
  })
  const body = (await response.json()) as Answer & { registration_access_token: string }
  // "the client MUST discard the old one": each update brings a new token.
  registered.registration_access_token = body.registration_access_token
  return { status: response.status, body }
}

async function tokenFor(clientId: string, given: Record<string, string> = {}) {
  const request = authorizationRequest(server, { client_id: clientId, ...given })
  return redeem(server, request, await authorize(server, request, doctor))
}

const jwks = async () => ({ keys: [(await clientKey(server, () => '')).publicJwk] })

describe('an app’s own update', () => {
  const key = () => ({ ...backend, scope: 'system/Patient.rs' })
  const cases: [string, () => object, () => Promise<object>][] = [
    ['its name', () => app, async () => ({ client_name: 'Chartshare' })],
    ['its redirect URIs', () => app, async () => ({ redirect_uris: [callback, 'https://elsewhere.example/'] })],
    ['its scope', () => ({ ...app, scope: 'user/Patient.rs' }), async () => ({ scope: 'user/*.rs' })],
    ['its keys', key, async () => ({ jwks: await jwks() })],
    ['where its keys are', key, async () => ({ jwks: undefined, jwks_uri: 'https://elsewhere.example/jwks' })],
    ['how it authenticates', () => app, async () => ({ token_endpoint_auth_method: 'client_secret_basic' })],
    [
      'where people land after signing out',
      () => app,
      async () => ({ post_logout_redirect_uris: ['https://elsewhere.example/'] }),
    ],
    ['where it says more about itself', () => app, async () => ({ client_uri: 'https://elsewhere.example/' })],
  ]
  for (const [what, metadata, change] of cases) {
    test(`of ${what} makes it wait for another approval; the same once more does not`, async () => {
      const all = { ...metadata(), ...('grant_types' in metadata() ? { jwks: await jwks() } : {}) }
      const { body } = await register(server, all, chief)
      assert.equal((await update(body, all)).body.approval, 'granted')
      const { status, body: changed } = await update(body, { ...all, ...(await change()) })
      assert.equal(status, 200)
      assert.equal(changed.approval, 'waiting')
      assert.equal((await administer('GET', `/${body.client_id}`)).body.approval, 'waiting')
    })
  }

  test('ends what it could do so far at its next request, and an approval gives it back', async () => {
    const { body } = await register(server, app, chief)
    const issued = await tokenFor(body.client_id, { scope: 'openid offline_access user/*.rs' })
    assert.equal(await fhir(server, issued.body.access_token), 200)
    await update(body, { ...app, client_name: 'Another' })
    assert.equal(await fhir(server, issued.body.access_token), 401)
    const form = { grant_type: 'refresh_token', refresh_token: issued.body.refresh_token, client_id: body.client_id }
    assert.equal((await token(server, form)).body.error, 'unauthorized_client')
    assert.equal((await administer('PATCH', `/${body.client_id}`, { approval: 'granted' })).status, 200)
    assert.equal(await fhir(server, issued.body.access_token), 200)
  })

  test('does not lift a suspension, nor pass for a part of the server', async () => {
    const { body } = await register(server, app, chief)
    await administer('PATCH', `/${body.client_id}`, { approval: 'suspended' })
    const ours = { approval: 'granted', first_party: true, smart_scope: 'system/*.cruds', approved_at: 1 }
    const { body: changed } = await update(body, { ...app, ...ours, client_name: 'Another' })
    assert.equal(changed.first_party, undefined)
    const { body: now } = await administer('GET', `/${body.client_id}`)
    assert.deepEqual(
      [now.approval, now.first_party, now.scope, now.approved_at],
      ['suspended', undefined, undefined, undefined],
    )
  })

  test('of an update and a suspension at the same time, the suspension stays', async () => {
    for (let round = 0; round < 5; round++) {
      const { body } = await register(server, app, chief)
      await Promise.all([update(body, app), administer('PATCH', `/${body.client_id}`, { approval: 'suspended' })])
      assert.equal((await administer('GET', `/${body.client_id}`)).body.approval, 'suspended')
    }
  })
})

describe('an administrator', () => {
  test('approves what was looked at, and nothing that came after it', async () => {
    const { body } = await register(server, app)
    const { version } = (await administer('GET', `/${body.client_id}`)).body
    await update(body, { ...app, redirect_uris: ['https://elsewhere.example/'] })
    const stale = await administer('PATCH', `/${body.client_id}`, { approval: 'granted', version })
    assert.equal(stale.status, 409)
    const { body: now } = await administer('GET', `/${body.client_id}`)
    assert.equal(now.approval, 'waiting')
    const approved = await administer('PATCH', `/${body.client_id}`, { approval: 'granted', version: now.version })
    assert.equal(approved.body.approval, 'granted')
  })

  test('suspends an app: no page leads to it, its codes and tokens are refused', async () => {
    const { body } = await register(server, app, chief)
    const issued = await tokenFor(body.client_id)
    const request = authorizationRequest(server, { client_id: body.client_id })
    const page = await authorize(server, request, doctor)
    assert.equal((await administer('PATCH', `/${body.client_id}`, { approval: 'suspended' })).status, 200)
    assert.equal(await fhir(server, issued.body.access_token), 401)
    assert.equal((await redeem(server, request, page)).body.error, 'unauthorized_client')
    const response = await fetch(authorizationUrl(server, request), { redirect: 'manual' })
    assert.equal(response.status, 403)
    const { body: suspended } = await administer('GET', '?approval=suspended')
    assert.ok((suspended as unknown as Answer[]).some(({ client_id }) => client_id === body.client_id))
    assert.ok((suspended as unknown as Answer[]).every(({ approval }) => approval === 'suspended'))
  })

  test('gives a new secret, and the old one is worth nothing', async () => {
    const { body } = await register(server, secretApp, chief)
    const basic = (secret: string) => ({
      authorization: `Basic ${Buffer.from(`${body.client_id}:${secret}`).toString('base64')}`,
    })
    const ask = async (secret: string) =>
      (await token(server, { grant_type: 'refresh_token', refresh_token: 'made-up' }, basic(secret))).body.error
    assert.equal(await ask(body.client_secret), 'invalid_grant')
    const { status, body: rotated } = await administer('POST', `/${body.client_id}/secret`)
    assert.equal(status, 200)
    assert.equal(await ask(body.client_secret), 'invalid_client')
    assert.equal(await ask(rotated.client_secret), 'invalid_grant')
    const stored = JSON.stringify(
      await server.database.query(`select payload from oidc_payload where model = 'Client'`),
    )
    assert.ok(!stored.includes(rotated.client_secret))
    const { body: open } = await register(server, app, chief)
    assert.equal((await administer('POST', `/${open.client_id}/secret`)).status, 400)
  })

  test('grants a backend service other scopes, and what was issued for the earlier ones ends', async () => {
    let clientId = ''
    const key = await clientKey(server, () => clientId)
    const metadata = { ...backend, jwks: { keys: [key.publicJwk] }, scope: 'system/*.rs' }
    clientId = (await register(server, metadata, chief)).body.client_id
    const ask = async () =>
      token(server, {
        grant_type: 'client_credentials',
        scope: 'system/*.rs system/Patient.rs',
        ...(await key.assertion()),
      })
    const { body } = await ask()
    assert.equal(body.scope, 'system/*.rs system/Patient.rs')
    assert.equal((await administer('PATCH', `/${clientId}`, { scope: 'system/Patient.rs' })).status, 200)
    assert.equal(await fhir(server, body.access_token), 401)
    assert.equal((await ask()).body.scope, 'system/Patient.rs')
  })

  test('takes a scope from an app, and its next refresh is without it', async () => {
    const { body } = await register(
      server,
      { ...app, scope: 'openid offline_access user/Patient.rs user/Task.rs' },
      chief,
    )
    const issued = await tokenFor(body.client_id, { scope: 'openid offline_access user/Patient.rs user/Task.rs' })
    await administer('PATCH', `/${body.client_id}`, { scope: 'openid offline_access user/Patient.rs' })
    assert.equal(await fhir(server, issued.body.access_token), 401)
    const form = { grant_type: 'refresh_token', refresh_token: issued.body.refresh_token, client_id: body.client_id }
    const refreshed = await token(server, form)
    assert.equal(refreshed.body.scope, 'openid offline_access user/Patient.rs')
  })

  test('is told what is wrong with a decision', async () => {
    const { body } = await register(server, app, chief)
    for (const wrong of [
      { approval: 'maybe' },
      { scope: 7 },
      { scope: 'system/*.rs' },
      { scope: 'user/Nonsense.rs' },
      { scope: 'user/*.rs nonsense' },
      { version: 7 },
      { redirect_uris: ['https://elsewhere.example/'] },
    ]) {
      assert.equal((await administer('PATCH', `/${body.client_id}`, wrong)).status, 400, JSON.stringify(wrong))
    }
    for (const [method, path] of [
      ['GET', '/nobody'],
      ['PATCH', '/nobody'],
      ['DELETE', '/nobody'],
      ['POST', '/nobody/secret'],
      ['PATCH', '/chartshare-web'],
    ] as const) {
      assert.equal((await administer(method, path, method === 'PATCH' ? {} : undefined)).status, 404, path)
    }
  })

  test('alone may do all of this', async () => {
    const { body } = await register(server, secretApp, chief)
    const { body: other } = await launch(server, doctor, { scope: 'openid user/*.cruds' })
    for (const bearer of [other.access_token, 'made-up']) {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', `/${body.client_id}`],
        ['PATCH', `/${body.client_id}`],
        ['POST', `/${body.client_id}/secret`],
        ['DELETE', `/${body.client_id}`],
      ] as const) {
        const { status } = await administer(method, path, method === 'PATCH' ? {} : undefined, bearer)
        assert.equal(status, bearer === 'made-up' ? 401 : 403, method)
      }
    }
  })
})

describe('redirect URIs are compared exactly', () => {
  const registered = 'https://app.example/callback?from=chart'
  for (const asked of [
    'https://app.example/callback',
    'https://app.example/callback?from=chart&more=1',
    'https://app.example/callback?from=chart#part',
    'https://app.example/callback/?from=chart',
    'https://app.example/callback/../other?from=chart',
    'https://APP.example/callback?from=chart',
    'https://app.example:443/callback?from=chart',
    'https://app.example.evil.example/callback?from=chart',
    'https://app.example@evil.example/callback?from=chart',
    'https://app.example/Callback?from=chart',
    'http://app.example/callback?from=chart',
    '//app.example/callback?from=chart',
    ' https://app.example/callback?from=chart',
    'https://app.example/callback?from=chart\r\nSet-Cookie: a=b',
  ]) {
    test(JSON.stringify(asked), async () => {
      const { body } = await register(server, { ...app, redirect_uris: [registered] }, chief)
      const request = authorizationRequest(server, { client_id: body.client_id, redirect_uri: asked })
      const response = await fetch(authorizationUrl(server, request), { redirect: 'manual' })
      assert.equal(response.status, 400)
      assert.equal(response.headers.get('location'), null)
    })
  }

  test('and only whole, harmless ones are registered', async () => {
    for (const uri of ['https://app.example/#part', '/callback', 'javascript:alert(1)', 'data:x', '']) {
      const { status, body } = await register(server, { ...app, redirect_uris: [uri] }, chief)
      assert.equal(status, 400, uri)
      assert.match(body.error!, /invalid_redirect_uri|invalid_client_metadata/)
    }
  })
})

describe('an app in a browser', () => {
  test('may call the token endpoint from its own origin, and from no other', async () => {
    const { body } = await register(server, app, chief)
    const { body: other } = await register(server, { ...app, redirect_uris: ['https://other.example/'] }, chief)
    const ask = async (client_id: string, origin: string) => {
      const form = { grant_type: 'refresh_token', refresh_token: 'made-up', client_id }
      const answer = await token(server, form, { origin })
      return [answer.status, answer.headers.get('access-control-allow-origin')]
    }
    assert.deepEqual(await ask(body.client_id, 'https://app.example'), [400, 'https://app.example'])
    assert.deepEqual(await ask(other.client_id, 'https://other.example'), [400, 'https://other.example'])
    for (const origin of ['https://other.example', 'http://app.example', 'https://app.example:444', 'null']) {
      assert.equal((await ask(body.client_id, origin))[1], null, origin)
    }
  })
})

describe('before an approval', () => {
  let host: Server
  let fetches = 0
  before(async () => {
    host = createServer((_request, response) => {
      fetches += 1
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[]}')
    })
    await new Promise<void>((done) => host.listen(0, '127.0.0.1', done))
  })
  after(() => host.close())

  test('nothing that a registration names is fetched, neither by registering nor by trying to get in', async () => {
    const uri = `http://127.0.0.1:${(host.address() as AddressInfo).port}/all`
    let clientId = ''
    const key = await clientKey(server, () => clientId)
    const metadata = {
      ...{ grant_types: ['client_credentials', 'authorization_code'], redirect_uris: [callback] },
      ...{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri, scope: 'system/*.rs' },
      ...{ client_uri: uri, logo_uri: uri, policy_uri: uri, tos_uri: uri, launch_uri: uri },
      ...{ sector_identifier_uri: uri, request_uris: [uri], backchannel_logout_uri: uri, subject_type: 'public' },
    }
    const { status, body } = await register(server, metadata)
    assert.equal(status, 201, JSON.stringify(body))
    clientId = body.client_id
    const form = async () => ({ grant_type: 'client_credentials', scope: 'system/*.rs', ...(await key.assertion()) })
    assert.equal((await token(server, await form())).body.error, 'invalid_client')
    const request = authorizationRequest(server, { client_id: clientId })
    assert.equal((await fetch(authorizationUrl(server, request), { redirect: 'manual' })).status, 403)
    await administer('GET', '')
    assert.equal(fetches, 0)
    await administer('PATCH', `/${clientId}`, { approval: 'granted' })
    assert.equal((await token(server, await form())).status, 401)
    assert.equal(fetches, 1)
  })

  test('a client_id that is an address is not fetched', async () => {
    const uri = `http://127.0.0.1:${(host.address() as AddressInfo).port}/client`
    fetches = 0
    const request = authorizationRequest(server, { client_id: uri })
    assert.equal((await fetch(authorizationUrl(server, request), { redirect: 'manual' })).status, 400)
    assert.equal((await token(server, { grant_type: 'refresh_token', refresh_token: 'x', client_id: uri })).status, 401)
    assert.equal(fetches, 0)
  })
})
