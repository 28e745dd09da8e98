import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { createOAuth } from '../../src/oauth/create-oauth.ts'
import { launch } from './app.ts'
import { masterKey, type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

async function json(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, { headers })
  return { response, body: (await response.json()) as Record<string, unknown> }
}

test('SMART’s configuration is JSON for everybody, whatever they accept [well_known_endpoint, smart_cors_well_known_endpoint]', async () => {
  const headers = { accept: 'application/fhir+json', origin: 'https://app.example' }
  const { response, body } = await json('/fhir/.well-known/smart-configuration', headers)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type')!, /^application\/json/)
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.deepEqual(body.code_challenge_methods_supported, ['S256'])
  for (const capability of [
    'launch-ehr',
    'launch-standalone',
    'client-public',
    'client-confidential-asymmetric',
    'sso-openid-connect',
    'permission-v2',
  ]) {
    assert.ok((body.capabilities as string[]).includes(capability), capability)
  }
  assert.deepEqual(body, server.oauth.smartConfiguration())
})

test('both discovery documents agree with each other and with what is there', async () => {
  const { body: smart } = await json('/fhir/.well-known/smart-configuration')
  const { body: openid } = await json('/auth/.well-known/openid-configuration')
  for (const name of [
    'issuer',
    'jwks_uri',
    'authorization_endpoint',
    'token_endpoint',
    'introspection_endpoint',
    'revocation_endpoint',
    'registration_endpoint',
  ]) {
    assert.equal(smart[name], openid[name], name)
  }
  assert.equal(openid.issuer, `${server.url}/auth`)
  assert.ok((openid.id_token_signing_alg_values_supported as string[]).includes('RS256'))
  assert.equal(openid.pushed_authorization_request_endpoint, undefined)
  const { body: oauth } = await json('/.well-known/oauth-authorization-server/auth')
  assert.deepEqual(oauth, openid)
})

test('the style that apps are pointed to is there', async () => {
  const { response } = await json('/auth/smart-style.json')
  assert.equal(response.status, 200)
})

test('ID tokens are signed with RS256 by a published key', async () => {
  const { body } = await launch(server, { email: 'doctor@example.org' })
  const idToken = String(body.id_token)
  const { payload } = await jwtVerify(idToken, createRemoteJWKSet(new URL(`${server.url}/auth/jwks`)), {
    issuer: `${server.url}/auth`,
    audience: 'chartshare-web',
  })
  assert.equal(decodeProtectedHeader(idToken).alg, 'RS256')
  assert.match(String(payload.fhirUser), /\/fhir\/Practitioner\//)
  const { body: keys } = await json('/auth/jwks')
  assert.ok((keys.keys as Record<string, string>[]).every((key) => key.d === undefined && key.p === undefined))
})

test('every process signs with the same keys, which the database holds encrypted', async () => {
  const read = async () =>
    ((await (await fetch(`${server.url}/auth/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  const [row] = await server.database.query<{ value: Buffer }>(
    `select value from install where name = 'oauth-signing-keys'`,
  )
  for (const kid of await read()) assert.equal(row!.value.includes(kid), false)
  const parts = {
    ...{
      publicUrl: server.url,
      store: server.store,
      practitionerActiveKey: 1n,
      partyKeys: { salts: '{1,2}', active: 3n },
      ridOf: () => 1n,
      fetchAllow: [],
      rateScale: 0,
      secondFactorOf: 'none' as const,
    },
    ...{
      mail: { send: async () => undefined },
      people: {} as never,
      isUsableScope: () => true,
      log: { error: () => undefined },
    },
  }
  await createOAuth({ ...parts, masterKey })
  await assert.rejects(createOAuth({ ...parts, masterKey: Buffer.alloc(32, 9) }), /another master key/)
})
