import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { administratorToken, type ClientKey, clientKey, decideClient, fhir, register, token } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string

before(async () => {
  server = await startOAuth({ fetchAllow: ['127.0.0.1'] })
  chief = await administratorToken(server)
})

after(() => server.close())

const metadata = {
  ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', scope: 'system/*.rs' },
}

async function service(
  more: Record<string, unknown> = {},
  alg: 'RS384' | 'ES384' = 'ES384',
  accessToken: string | undefined = chief,
) {
  let clientId = ''
  const key = await clientKey(server, () => clientId, alg)
  const { status, body } = await register(
    server,
    { ...metadata, jwks: { keys: [key.publicJwk] }, ...more },
    accessToken,
  )
  clientId = body.client_id
  return { key, status, body, clientId }
}

async function ask(key: ClientKey, scope = 'system/*.rs', claims = {}, header = {}) {
  return token(server, { grant_type: 'client_credentials', scope, ...(await key.assertion(claims, header)) })
}

describe('a backend service', () => {
  for (const alg of ['RS384', 'ES384'] as const) {
    test(`gets a token for five minutes with ${alg} [smart_backend_services_auth_request_success, smart_backend_services_auth_response_body]`, async () => {
      const { key } = await service({}, alg)
      const { status, body } = await ask(key, 'system/*.rs system/Patient.read')
      assert.equal(status, 200)
      assert.equal(body.expires_in, 300)
      assert.match(String(body.token_type), /^bearer$/i)
      const furthest = { exp: Math.floor(Date.now() / 1000) + 300 }
      assert.equal((await ask(key, 'system/*.rs', furthest)).status, 200)
      assert.equal(body.scope, 'system/*.rs system/Patient.read')
      assert.equal(body.refresh_token, undefined)
      assert.equal(await fhir(server, body.access_token), 200)
      const principal = await server.oauth.principalOf(body.access_token)
      assert.equal(principal?.kind, 'system')
      assert.equal(principal?.person, undefined)
      assert.deepEqual(principal?.roles, [])
    })
  }

  test('gets the scopes that it was granted, and never a person’s', async () => {
    const { key } = await service({ scope: 'system/Observation.rs' })
    assert.equal(
      (await ask(key, 'system/Observation.r system/*.rs system/Patient.rs user/*.rs openid')).body.scope,
      'system/Observation.r',
    )
    assert.equal((await ask(key, 'system/Patient.rs')).body.error, 'invalid_scope')
    assert.equal((await ask(key, 'user/*.rs patient/*.rs')).body.error, 'invalid_scope')
  })

  test('is refused with anything but an assertion as SMART wants it [smart_backend_services_invalid_jwt]', async () => {
    const { key, clientId } = await service()
    const soon = Math.floor(Date.now() / 1000)
    const cases: [string, object, object][] = [
      ['for another audience', { aud: 'https://elsewhere.example/token' }, {}],
      ['for a foreign Host', { aud: 'http://evil.example/auth/token' }, {}],
      ['for us and another', { aud: [`${server.url}/auth/token`, 'https://elsewhere.example'] }, {}],
      ['expired', { exp: soon - 60 }, {}],
      ['good for an hour', { exp: soon + 3600 }, {}],
      ['without expiry', { exp: undefined }, {}],
      ['without jti', { jti: undefined }, {}],
      ['of another issuer', { iss: 'somebody' }, {}],
      ['of another subject', { sub: 'somebody' }, {}],
      ['without kid', {}, { kid: undefined }],
      ['with a foreign jku', {}, { jku: 'https://elsewhere.example/jwks' }],
    ]
    for (const [what, claims, header] of cases) {
      const { status, body } = await ask(key, 'system/*.rs', claims, header)
      assert.ok(status === 401 || status === 400, `${what}: ${status}`)
      assert.equal(body.access_token, undefined, what)
    }
    const stranger = await clientKey(server, () => clientId)
    assert.equal((await ask(stranger)).status, 401)
    assert.equal((await ask(key)).status, 200)
  })

  test('is refused without an assertion, with another grant type, and with another kind of assertion [smart_backend_services_invalid_grant_type, smart_backend_services_invalid_client_assertion]', async () => {
    const { key, clientId } = await service()
    const good = await key.assertion()
    const kind = await token(server, {
      grant_type: 'client_credentials',
      ...good,
      client_assertion_type: 'urn:made-up',
    })
    assert.ok([400, 401].includes(kind.status))
    assert.equal((await token(server, { grant_type: 'password', ...(await key.assertion()) })).status, 400)
    assert.ok((await token(server, { grant_type: 'client_credentials', client_id: clientId })).status >= 400)
  })

  test('cannot replay an assertion', async () => {
    const { key } = await service()
    const form = { grant_type: 'client_credentials', scope: 'system/*.rs', ...(await key.assertion()) }
    assert.equal((await token(server, form)).status, 200)
    assert.equal((await token(server, form)).status, 401)
  })

  test('gets no scopes that nobody named: its registration as an administrator’s names them, or is refused', async () => {
    const { status, body } = await service({ scope: undefined })
    assert.equal(status, 400)
    assert.match(JSON.stringify(body), /system scopes/)
    const { key, clientId } = await service()
    await server.database.query(
      `update oidc_payload set payload = payload - 'smart_scope' where model = 'Client' and id = $1`,
      [clientId],
    )
    assert.equal((await ask(key)).body.error, 'invalid_scope')
  })

  test('must not use a shared secret', async () => {
    const { status, body } = await register(
      server,
      { ...metadata, token_endpoint_auth_method: 'client_secret_basic' },
      chief,
    )
    assert.equal(status, 400)
    assert.equal(body.error, 'invalid_client_metadata')
  })

  test('that registered itself waits, until an administrator grants it scopes', async () => {
    const { key, status, body, clientId } = await service({ scope: undefined }, 'ES384', '')
    assert.equal(status, 201)
    assert.equal(body.approval, 'waiting')
    assert.equal((await ask(key)).body.error, 'unauthorized_client')
    const approve = (change: Record<string, unknown>) => decideClient(server, chief, clientId, change)
    assert.equal((await approve({ approval: 'granted' })).status, 400)
    assert.equal((await approve({ approval: 'granted', scope: 'system/Patient.rs' })).status, 200)
    assert.equal((await ask(key, 'system/*.rs system/Patient.r')).body.scope, 'system/Patient.r')
  })
})

describe('keys behind a jwks_uri', () => {
  let host: Server
  let published: object[] = []
  let headers: Record<string, string> = {}
  let fetches = 0

  before(async () => {
    host = createServer((_request, response) => {
      fetches += 1
      response
        .writeHead(200, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify({ keys: published }))
    })
    await new Promise<void>((done) => host.listen(0, '127.0.0.1', done))
  })

  after(() => host.close())

  const uri = (name = '127.0.0.1') => `http://${name}:${(host.address() as AddressInfo).port}/jwks`

  test('are fetched once while they are fresh, again for an unknown key, and the retired key is refused', async () => {
    headers = { 'cache-control': 'max-age=3600' }
    let clientId = ''
    const [old, young] = await Promise.all(
      ['old', 'young'].map((kid) => clientKey(server, () => clientId, 'ES384', kid)),
    )
    published = [old!.publicJwk]
    const { body, status } = await register(server, { ...metadata, jwks_uri: uri() }, chief)
    assert.equal(status, 201)
    assert.equal(body.jwks_uri, uri())
    clientId = body.client_id
    fetches = 0
    assert.equal((await ask(old!)).status, 200)
    assert.equal((await ask(old!)).status, 200)
    assert.equal(fetches, 1)
    published = [young!.publicJwk]
    assert.equal((await ask(young!)).status, 200)
    assert.equal((await ask(old!)).status, 401)
  })

  test('are not kept longer than Cache-Control allows [attest_jwks_cache]', async () => {
    headers = { 'cache-control': 'no-store' }
    let clientId = ''
    const key = await clientKey(server, () => clientId)
    published = [key.publicJwk]
    clientId = (await register(server, { ...metadata, jwks_uri: uri() }, chief)).body.client_id
    assert.equal((await ask(key)).status, 200)
    published = []
    assert.equal((await ask(key)).status, 401)
  })

  test('inside our network are not fetched unless FETCH_ALLOW names the host', async () => {
    const strict = await startOAuth()
    try {
      const administrator = await administratorToken(strict)
      let clientId = ''
      const key = await clientKey(strict, () => clientId)
      published = [key.publicJwk]
      fetches = 0
      for (const name of [
        'localhost',
        '127.0.0.1',
        '[::1]',
        '169.254.169.254',
        '10.0.0.1',
        '[::ffff:127.0.0.1]',
        '0.0.0.0',
      ]) {
        clientId = (await register(strict, { ...metadata, jwks_uri: uri(name) }, administrator)).body.client_id
        const form = { grant_type: 'client_credentials', scope: 'system/*.rs', ...(await key.assertion()) }
        assert.equal((await token(strict, form)).status, 401, name)
      }
      assert.equal(fetches, 0)
    } finally {
      await strict.close()
    }
  })
})
