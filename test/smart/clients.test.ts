import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as openid from 'openid-client'
import { createFhirClient } from '../../src/commands/demo/fhir-client.ts'
import { type SignedIn, signIn } from '../../src/commands/sign-in.ts'
import { createBrowser } from '../support/browser.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type App, decided, launchFhirClient } from '../support/sign-in.ts'
import { register } from './app.ts'
import type { OAuthServer } from './oauth-server.ts'

/** Two libraries that apps are made with, against the whole server. */
const person = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }
const callback = 'https://app.example/callback'

let server: TestServer
let office: SignedIn
let patient: string
let encounter: string

before(async () => {
  server = await startServer({ ADMIN_EMAIL: person.email, ADMIN_PASSWORD: person.password })
  office = await signIn(server.url, person)
  const fhir = createFhirClient(server.url, office)
  patient = (await fhir.post<{ id: string }>('Patient', { resourceType: 'Patient', name: [{ family: 'Berg' }] })).id
  const visit = { status: 'finished', class: { code: 'AMB' }, subject: { reference: `Patient/${patient}` } }
  encounter = (await fhir.post<{ id: string }>('Encounter', { resourceType: 'Encounter', ...visit })).id
})
after(() => server.close())

async function registered(metadata: object) {
  const given = { redirect_uris: [callback], ...metadata }
  const { status, body } = await register({ url: server.url } as OAuthServer, given, await office.token())
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

async function keyPair(alg: 'RS384' | 'ES384') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const common = { kid: `key-${alg}`, alg }
  return {
    privateKey,
    jwks: { keys: [{ ...(await exportJWK(publicKey)), ...common, use: 'sig' }] },
    jwk: { ...(await exportJWK(privateKey)), ...common, key_ops: ['sign'], ext: true },
  }
}

async function launchHandle(clientId: string): Promise<string> {
  const response = await fetch(`${server.url}/auth/launch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await office.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, patient, encounter, intent: 'review' }),
  })
  assert.equal(response.status, 200)
  return ((await response.json()) as { launch: string }).launch
}

test('no launch is made with the encounter of another patient', async () => {
  const { client_id } = await registered({ token_endpoint_auth_method: 'none' })
  const fhir = createFhirClient(server.url, office)
  const other = await fhir.post<{ id: string }>('Patient', { resourceType: 'Patient', name: [{ family: 'Dahl' }] })
  const response = await fetch(`${server.url}/auth/launch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await office.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id, patient: other.id, encounter }),
  })
  assert.equal(response.status, 422)
})

describe('fhirclient', () => {
  const scope = 'openid fhirUser launch/patient offline_access patient/*.rs'
  const standalone = (app: Omit<App, 'redirectUri'>, asked = scope) =>
    launchFhirClient(server.url, person, asked, { redirectUri: callback, patient, ...app })

  test('completes a standalone launch of a public app, and refreshes', async () => {
    const { client_id: clientId } = await registered({ token_endpoint_auth_method: 'none' })
    const client = await standalone({ clientId })
    assert.equal(client.patient.id, patient)
    assert.equal((await client.patient.read()).id, patient)
    const before = client.state.tokenResponse!.access_token
    await client.refresh()
    assert.notEqual(client.state.tokenResponse!.access_token, before)
    assert.equal((await client.request<{ id: string }>(`Patient/${patient}`)).id, patient)
  })

  test('completes one of an app with a secret, and refreshes', async () => {
    const app = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
    const client = await standalone({ clientId: app.client_id, clientSecret: app.client_secret })
    assert.equal((await client.patient.read()).id, patient)
    await client.refresh()
    assert.equal((await client.patient.read()).id, patient)
  })

  for (const alg of ['RS384', 'ES384'] as const) {
    test(`completes one of an app with a key (${alg})`, async () => {
      const { jwks, jwk } = await keyPair(alg)
      const { client_id: clientId } = await registered({ token_endpoint_auth_method: 'private_key_jwt', jwks })
      const client = await standalone({ clientId, clientPrivateJwk: jwk })
      assert.equal((await client.patient.read()).id, patient)
      // It sends no assertion at a refresh: an app with a key has to prove itself there too.
      await assert.rejects(client.refresh())
    })
  }

  test('completes an EHR launch with patient and encounter', async () => {
    const { client_id: clientId } = await registered({ token_endpoint_auth_method: 'none' })
    const client = await launchFhirClient(server.url, person, 'launch openid fhirUser patient/*.rs', {
      ...{ clientId, redirectUri: callback, launch: await launchHandle(clientId) },
    })
    assert.deepEqual([client.patient.id, client.encounter.id], [patient, encounter])
    assert.equal(client.state.tokenResponse!['intent'], 'review')
    assert.equal((await client.request<{ id: string }>(`Encounter/${encounter}`)).id, encounter)
  })
})

test('a scope by a parameter that cannot narrow, or does not exist, is refused before anybody is asked', async () => {
  for (const query of [
    'gender=female',
    'nonsense=1',
    '_has:Observation:subject:code=x',
    'general-practitioner.name=x',
  ]) {
    const { client_id } = await registered({ token_endpoint_auth_method: 'none' })
    const parameters = {
      ...{ client_id, redirect_uri: callback, response_type: 'code', aud: `${server.url}/fhir`, state: 'a state' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', scope: `openid user/Patient.rs?${query}` },
    }
    const url = `${server.url}/auth/auth?${new URLSearchParams(parameters).toString()}`
    const page = await createBrowser(server.url).open(url)
    assert.equal(page.left, true, query)
    assert.equal(page.url.searchParams.get('error'), 'invalid_scope', query)
  }
})

describe('openid-client', () => {
  const discovered = (clientId: string, authentication: openid.ClientAuth) =>
    openid.discovery(new URL(`${server.url}/auth`), clientId, undefined, authentication, {
      execute: [openid.allowInsecureRequests],
    })

  async function launched(configuration: openid.Configuration, given: Record<string, string>) {
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const expectedState = openid.randomState()
    const url = openid.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: callback, aud: `${server.url}/fhir`, state: expectedState, code_challenge_method: 'S256' },
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      ...given,
    })
    const page = await decided(await createBrowser(server.url).open(url), person, given['launch'] ? undefined : patient)
    return openid.authorizationCodeGrant(configuration, page.url, { pkceCodeVerifier, expectedState })
  }

  const status = async (token: string, path = `Patient/${patient}`) =>
    (await fetch(`${server.base}/${path}`, { headers: { authorization: `Bearer ${token}` } })).status

  test('completes an EHR launch, whose context comes with the token, with each refresh, and by introspection', async () => {
    const app = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
    const configuration = await discovered(app.client_id, openid.ClientSecretBasic(app.client_secret))
    const scope = 'launch launch/encounter openid fhirUser online_access patient/*.rs'
    const tokens = await launched(configuration, { scope, launch: await launchHandle(app.client_id) })
    const refreshed = await openid.refreshTokenGrant(configuration, tokens.refresh_token!)
    const described = await openid.tokenIntrospection(configuration, refreshed.access_token)
    for (const answer of [tokens, refreshed, described]) {
      assert.deepEqual(
        [answer['patient'], answer['encounter'], answer['intent'], answer['need_patient_banner']],
        [patient, encounter, 'review', false],
      )
      assert.match(String(answer['smart_style_url']), /smart-style\.json$/)
      assert.deepEqual(new Set(answer.scope!.split(' ')), new Set(scope.split(' ')))
    }
    assert.equal(described.active, true)
    assert.match(String(described['fhirUser']), /\/fhir\/Practitioner\//)
  })

  test('revokes: the refresh token and the access tokens made from it are dead', async () => {
    const { client_id: clientId } = await registered({ token_endpoint_auth_method: 'none' })
    const configuration = await discovered(clientId, openid.None())
    const tokens = await launched(configuration, { scope: 'openid offline_access patient/*.rs' })
    assert.equal(await status(tokens.access_token), 200)
    await openid.tokenRevocation(configuration, tokens.refresh_token!)
    assert.equal(await status(tokens.access_token), 401)
    await assert.rejects(openid.refreshTokenGrant(configuration, tokens.refresh_token!), { error: 'invalid_grant' })
  })

  for (const alg of ['RS384', 'ES384'] as const) {
    test(`is a backend service with a key (${alg})`, async () => {
      const { jwks, privateKey } = await keyPair(alg)
      const { client_id: clientId } = await registered({
        ...{ token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'], response_types: [] },
        ...{ redirect_uris: [], jwks, scope: 'system/Patient.rs' },
      })
      const authentication = openid.PrivateKeyJwt({ key: privateKey, kid: `key-${alg}` })
      const configuration = await discovered(clientId, authentication)
      const tokens = await openid.clientCredentialsGrant(configuration, { scope: 'system/Patient.rs system/*.cruds' })
      assert.equal(tokens.scope, 'system/Patient.rs')
      assert.equal(tokens.expires_in, 300)
      assert.equal(await status(tokens.access_token), 200)
      assert.equal(await status(tokens.access_token, `Encounter/${encounter}`), 403)
    })
  }
})
