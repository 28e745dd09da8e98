import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { launch } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let smart: Record<string, unknown>

before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'doctor@example.org' })
  smart = await read('/fhir/.well-known/smart-configuration')
})

after(() => server.close())

async function read(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(path, server.url))
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type')!, /^application\/(json|jwk-set\+json)/)
  return (await response.json()) as Record<string, unknown>
}

function strings(value: unknown): string[] {
  assert.ok(Array.isArray(value) && value.length > 0)
  for (const each of value) assert.ok(typeof each === 'string' && each !== '')
  return value as string[]
}

function assertHolds(given: unknown, wanted: readonly string[]): void {
  const known = strings(given)
  for (const each of wanted) assert.ok(known.includes(each), each)
}

test('SMART’s configuration holds what STU 2 demands [well_known_capabilities_stu2]', () => {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'issuer', 'jwks_uri'])
    assert.ok(URL.canParse(String(smart[name])), name)
  assertHolds(smart['grant_types_supported'], ['authorization_code'])
  assertHolds(smart['code_challenge_methods_supported'], ['S256'])
  assert.equal(strings(smart['code_challenge_methods_supported']).includes('plain'), false)
  strings(smart['capabilities'])
})

test('the capabilities are those of (g)(10) for standalone launches [g10_smart_well_known_capabilities]', () => {
  assertHolds(smart['capabilities'], [
    ...['launch-standalone', 'client-public', 'client-confidential-symmetric', 'client-confidential-asymmetric'],
    ...['sso-openid-connect', 'context-standalone-patient', 'permission-offline', 'permission-patient'],
    ...['authorize-post', 'permission-v2', 'permission-v1'],
  ])
})

test('the capabilities are those of (g)(10) for EHR launches [g10_smart_well_known_capabilities]', () => {
  assertHolds(smart['capabilities'], [
    ...['launch-ehr', 'client-confidential-symmetric', 'client-confidential-asymmetric', 'sso-openid-connect'],
    ...['context-banner', 'context-style', 'context-ehr-patient', 'context-ehr-encounter', 'permission-offline'],
    ...['permission-user', 'authorize-post', 'permission-v2', 'permission-v1'],
  ])
})

test('the capabilities are those of IPA [ipa_smart_capabilities]', () => {
  assertHolds(smart['capabilities'], [
    ...['launch-standalone', 'context-standalone-patient', 'permission-patient', 'permission-offline'],
    ...['sso-openid-connect', 'client-public', 'client-confidential-asymmetric'],
  ])
})

test('scopes of version 2 and introspection are told [us_core_smart_well_known_capabilities]', () => {
  assert.ok(
    strings(smart['scopes_supported']).some((scope) => /^(patient|user|system)\/(\w+|\*)\.c?r?u?d?s?$/.test(scope)),
  )
  assert.ok(URL.canParse(String(smart['introspection_endpoint'])))
})

test('backend services find their way [bulk_data_smart_discovery_v101_contents]', () => {
  assert.ok(URL.canParse(String(smart['token_endpoint'])))
  assertHolds(smart['token_endpoint_auth_methods_supported'], ['private_key_jwt'])
  assertHolds(smart['token_endpoint_auth_signing_alg_values_supported'], ['RS384', 'ES384'])
})

test('OpenID Connect’s configuration is complete, and below the issuer [smart_openid_retrieve_configuration, smart_openid_required_configuration_fields]', async () => {
  const openid = await read(`${String(smart['issuer'])}/.well-known/openid-configuration`)
  assert.equal(openid['issuer'], smart['issuer'])
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'])
    assert.ok(URL.canParse(String(openid[name])), name)
  for (const name of ['response_types_supported', 'subject_types_supported']) strings(openid[name])
  assertHolds(openid['id_token_signing_alg_values_supported'], ['RS256'])
})

test('an id_token is signed by a published RSA key, for this app, about this person [smart_openid_decode_id_token, smart_openid_retrieve_jwks, smart_openid_token_header, smart_openid_token_payload]', async () => {
  const { body } = await launch(server, { email: 'doctor@example.org' })
  const idToken = String(body['id_token'])
  const set = (await read(String(smart['jwks_uri']))) as unknown as JSONWebKeySet
  const rsa = set.keys.filter(({ kty }) => kty === 'RSA')
  assert.ok(rsa.length > 0)
  for (const key of rsa) assert.equal(createPublicKey({ key: key as never, format: 'jwk' }).asymmetricKeyType, 'rsa')
  const { alg, kid } = decodeProtectedHeader(idToken)
  assert.equal(alg, 'RS256')
  assert.ok(rsa.some((key) => key.kid === kid))
  const { payload } = await jwtVerify(idToken, createLocalJWKSet(set), { algorithms: ['RS256'] })
  assert.deepEqual(payload, decodeJwt(idToken))
  assert.equal(payload.iss, smart['issuer'])
  assert.equal(payload.aud, 'chartshare-web')
  assert.ok(payload.exp! > Date.now() / 1000 && payload.iat! <= Date.now() / 1000 + 1)
  assert.ok(payload.sub!.length >= 1 && payload.sub!.length <= 255)
})
