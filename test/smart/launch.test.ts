import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { createBrowser } from '../support/browser.ts'
import {
  administratorToken,
  authorizationRequest,
  authorize,
  authorizationUrl,
  callback,
  decide,
  fhir,
  launch,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string
let doctor: Awaited<ReturnType<OAuthServer['addAccount']>>

before(async () => {
  server = await startOAuth()
  chief = await administratorToken(server)
  doctor = await server.addAccount({ email: 'doctor@example.org' })
  await server.addAccount({ email: 'patient@example.org', type: 'Patient' })
})

after(() => server.close())

const person = { email: 'doctor@example.org', patient: 'anna' }
const scope = 'openid fhirUser offline_access launch/patient patient/*.rs'

/** What an app does with openid-client: discovery, code with PKCE, refresh. */
async function wholeLaunch(configuration: client.Configuration, tokenBody: Record<string, string> = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(configuration, {
    ...{ redirect_uri: callback, scope, state, nonce, aud: server.fhir, code_challenge_method: 'S256' },
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
  })
  const page = await decide(await createBrowser(server.url).open(url), person)
  assert.equal(page.left, true, page.html)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
  const tokens = await client.authorizationCodeGrant(configuration, page.url, checks, tokenBody)
  return { tokens, refreshed: await client.refreshTokenGrant(configuration, tokens.refresh_token!) }
}

function discover(clientId: string, authentication: client.ClientAuth): Promise<client.Configuration> {
  const options = { execute: [client.allowInsecureRequests] }
  return client.discovery(new URL(`${server.url}/auth`), clientId, undefined, authentication, options)
}

function assertLaunched({ tokens, refreshed }: Awaited<ReturnType<typeof wholeLaunch>>): void {
  for (const answer of [tokens, refreshed]) {
    assert.equal(answer.patient, 'anna')
    assert.equal(answer.need_patient_banner, true)
    assert.deepEqual(new Set(answer.scope!.split(' ')), new Set(scope.split(' ')))
  }
  const claims = tokens.claims()!
  assert.equal(claims.fhirUser, `${server.fhir}/Practitioner/${doctor.id}`)
  assert.equal(claims.sub, doctor.accountId)
}

describe('a standalone launch through openid-client', () => {
  test('works for a public client', async () => {
    const { body } = await register(server, { redirect_uris: [callback], token_endpoint_auth_method: 'none' }, chief)
    assertLaunched(await wholeLaunch(await discover(body.client_id, client.None())))
  })

  test('works for a client with a secret, which is kept as a hash', async () => {
    const { body } = await register(
      server,
      { redirect_uris: [callback], token_endpoint_auth_method: 'client_secret_basic' },
      chief,
    )
    assertLaunched(await wholeLaunch(await discover(body.client_id, client.ClientSecretBasic(body.client_secret))))
    const stored = await server.database.query(`select from oidc_payload where payload::text like '%' || $1 || '%'`, [
      body.client_secret,
    ])
    assert.equal(stored.length, 0)
  })

  test('works for a client with a key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES384')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES384', use: 'sig' }
    const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }
    const { body } = await register(server, metadata, chief)
    const authentication = client.PrivateKeyJwt({ key: privateKey, kid: 'one' })
    assertLaunched(await wholeLaunch(await discover(body.client_id, authentication)))
  })
})

describe('the token response', () => {
  test('holds what SMART asks for, and may not be cached', async () => {
    const { status, headers, body } = await launch(server, person, { scope })
    assert.equal(status, 200)
    assert.equal(body.token_type, 'Bearer')
    assert.equal(typeof body.expires_in, 'number')
    assert.equal(body.patient, 'anna')
    assert.match(String(body.smart_style_url), /\/auth\/smart-style\.json$/)
    assert.equal('fhirUser' in body, false)
    assert.match(headers.get('cache-control')!, /no-store/)
    assert.equal(headers.get('pragma'), 'no-cache')
    assert.equal(await fhir(server, body.access_token), 200)
  })

  test('may be read by a page of the app’s own origin, and by no other', async () => {
    const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
    const page = await authorize(server, request, person)
    const foreign = await redeem(server, request, page, { origin: 'https://elsewhere.example' })
    assert.equal(foreign.status, 400)
    assert.equal(foreign.headers.get('access-control-allow-origin'), null)
    const own = await redeem(server, request, await authorize(server, request, person), { origin: server.url })
    assert.equal(own.headers.get('access-control-allow-origin'), server.url)
  })

  test('names the patient’s own record without asking when a patient signs in', async () => {
    const browser = createBrowser(server.url)
    const { body } = await launch(
      server,
      { email: 'patient@example.org' },
      { scope: 'openid fhirUser launch/patient patient/*.rs' },
      browser,
    )
    assert.match(String(body.patient), /^[0-9a-f-]{36}$/)
    const principal = await server.oauth.principalOf(body.access_token)
    assert.equal(principal?.patient?.rid, principal?.person?.rid)
    assert.deepEqual(principal?.roles, ['patient'])
  })

  test('has no refresh token when the person did not allow the app to stay connected', async () => {
    const { body } = await launch(server, { ...person, keep: ['openid', 'launch/patient', 'patient/*.rs'] }, { scope })
    assert.equal(body.refresh_token, undefined)
    assert.deepEqual(new Set(body.scope.split(' ')), new Set(['openid', 'launch/patient', 'patient/*.rs']))
  })
})

describe('scopes', () => {
  const granular =
    'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory'

  test('of both versions, with wildcards and with parameters, are granted as they were asked for', async () => {
    const asked = [
      'openid',
      'launch/patient',
      'patient/*.read',
      'patient/Observation.write',
      'user/*.*',
      'user/Patient.cruds',
      granular,
    ]
    const { body } = await launch(server, person, { scope: asked.join(' ') })
    assert.deepEqual(new Set(body.scope.split(' ')), new Set(asked))
    const principal = await server.oauth.principalOf(body.access_token)
    assert.ok(principal?.scopes.some(({ type, query }) => type === 'Observation' && query?.[0]?.[0] === 'category'))
  })

  test('that do not exist or belong to backend services are left out', async () => {
    const asked = 'openid user/*.rs user/Nonsense.rs system/*.rs user/Nonsense.rs?nonsense=1 nonsense'
    const { body } = await launch(server, person, { scope: asked })
    assert.deepEqual(new Set(body.scope.split(' ')), new Set(['openid', 'user/*.rs']))
  })

  test('that the app did not register are left out', async () => {
    const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'none', scope: 'openid patient/*.rs' }
    const { body: app } = await register(server, metadata, chief)
    assert.equal(app.scope, metadata.scope)
    const request = authorizationRequest(server, {
      client_id: app.client_id,
      scope: `openid fhirUser user/*.rs patient/Observation.r ${granular}`,
    })
    const { body } = await redeem(server, request, await authorize(server, request, person))
    assert.deepEqual(new Set(body.scope.split(' ')), new Set(['openid', 'patient/Observation.r', granular]))
  })

  test('may be narrowed by the person to what was never asked for, and never widened', async () => {
    const keep = ['openid', granular, 'patient/Observation.cruds', 'user/*.rs']
    const { body } = await launch(
      server,
      { ...person, keep },
      { scope: 'openid offline_access patient/Observation.rs' },
    )
    assert.deepEqual(new Set(body.scope.split(' ')), new Set(['openid', granular]))
  })

  test('of a refresh may be fewer, and not more', async () => {
    const { body } = await launch(server, person, {
      scope: 'openid offline_access user/Patient.rs user/Observation.rs',
    })
    const form = { grant_type: 'refresh_token', client_id: 'chartshare-web' }
    const fewer = await token(server, { ...form, refresh_token: body.refresh_token, scope: 'user/Patient.rs' })
    assert.equal(fewer.body.scope, 'user/Patient.rs')
    const more = await token(server, { ...form, refresh_token: fewer.body.refresh_token, scope: 'user/*.rs' })
    assert.equal(more.body.error, 'invalid_scope')
  })
})

test('each launch keeps its own patient, also in one browser session', async () => {
  const browser = createBrowser(server.url)
  const anna = await launch(server, person, { scope: 'openid online_access launch/patient patient/*.rs' }, browser)
  const ben = await launch(
    server,
    { ...person, patient: 'ben' },
    { scope: 'openid online_access launch/patient patient/*.rs' },
    browser,
  )
  assert.deepEqual([anna.body.patient, ben.body.patient], ['anna', 'ben'])
  assert.equal((await server.oauth.principalOf(anna.body.access_token))?.patient?.id, 'anna')
})

test('a patient whom the doctor may not see cannot be chosen', async () => {
  const request = authorizationRequest(server, {
    client_id: 'chartshare-web',
    redirect_uri: `${server.url}/app`,
    scope,
  })
  const page = await authorize(server, request, { ...person, patient: 'nobody' })
  assert.equal(page.url.pathname, '/consent')
  assert.match(page.html, /choose the patient/)
})

test('the picker finds patients by name without a script, and keeps what was ticked', async () => {
  const request = authorizationRequest(server, {
    client_id: 'chartshare-web',
    redirect_uri: `${server.url}/app`,
    scope,
  })
  const login = await createBrowser(server.url).open(authorizationUrl(server, request))
  const consent = await login.submit({ email: person.email, password: 'a lantern over the harbour' })
  assert.match(consent.html, /Anna Berg[\s\S]*Ben Dahl/)
  const found = await consent.submit({ find: 'ben', scope: ['openid', 'patient/*.rs'] }, 'search')
  assert.doesNotMatch(found.html, /Anna Berg/)
  const ticked = found.forms[0]!.controls.filter(({ name, checked }) => name === 'scope' && checked)
  assert.deepEqual(
    ticked.map(({ value }) => value),
    ['openid', 'patient/*.rs'],
  )
})

test('a public app may refresh without naming itself, as SMART’s table has it; one with a secret may not', async () => {
  const { body } = await launch(server, person, { scope: 'openid offline_access user/*.rs' })
  assert.equal((await token(server, { grant_type: 'refresh_token', refresh_token: body.refresh_token })).status, 200)
  const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'client_secret_basic' }
  const { body: app } = await register(server, metadata, chief)
  const request = authorizationRequest(server, { client_id: app.client_id, scope: 'offline_access user/*.rs' })
  const basic = { authorization: `Basic ${Buffer.from(`${app.client_id}:${app.client_secret}`).toString('base64')}` }
  const first = await redeem(server, request, await authorize(server, request, person), basic)
  assert.equal(first.status, 200)
  assert.equal(
    (await token(server, { grant_type: 'refresh_token', refresh_token: first.body.refresh_token })).status,
    400,
  )
})

test('a code does not pass to another app', async () => {
  const { body: other } = await register(
    server,
    { redirect_uris: [callback], token_endpoint_auth_method: 'none' },
    chief,
  )
  const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
  const page = await authorize(server, request, person)
  const stolen = { ...request, parameters: { ...request.parameters, client_id: other.client_id } }
  assert.equal((await redeem(server, stolen, page)).body.error, 'invalid_grant')
})
