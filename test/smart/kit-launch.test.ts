import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { hashToken } from '../../src/oauth/provider/adapter.ts'
import { decodeJwt } from 'jose'
import { createBrowser } from '../support/browser.ts'
import {
  authorizationRequest,
  authorizationUrl,
  authorize,
  callback,
  type ClientKey,
  clientKey,
  decide,
  launch,
  redeem,
  register,
  type Request,
  token,
  type TokenAnswer,
} from './app.ts'
import { type Hospital, startHospital } from './hospital.ts'
import { password } from './oauth-server.ts'

let hospital: Hospital

before(async () => {
  hospital = await startHospital()
})

after(() => hospital.close())

/** The types of the patient compartment that US Core has profiles for. */
const compartment = [
  ...['AllergyIntolerance', 'CarePlan', 'CareTeam', 'Condition', 'Coverage', 'Device', 'DiagnosticReport'],
  ...['DocumentReference', 'Encounter', 'Goal', 'Immunization', 'MedicationDispense', 'MedicationRequest'],
  ...['Observation', 'Patient', 'Procedure', 'Provenance', 'RelatedPerson', 'ServiceRequest', 'Specimen'],
]
const standalone = `openid fhirUser offline_access launch/patient ${compartment.map((type) => `patient/${type}.rs`).join(' ')}`

function doctorFor(patient = hospital.anna.id) {
  return { email: hospital.doctor.email, patient }
}

/** https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#response-5 */
function assertTokenAnswer({ status, headers, body }: TokenAnswer): void {
  assert.equal(status, 200)
  assert.match(headers.get('content-type')!, /^application\/json/)
  assert.match(headers.get('cache-control')!, /no-store/)
  assert.match(headers.get('pragma')!, /no-cache/)
  for (const name of ['access_token', 'token_type', 'scope'])
    assert.ok(typeof body[name] === 'string' && body[name] !== '', name)
  assert.match(String(body['token_type']), /^bearer$/i)
  assert.equal(typeof body['expires_in'], 'number')
  for (const name of ['patient', 'encounter', 'intent', 'smart_style_url', 'id_token', 'refresh_token', 'tenant']) {
    if (body[name] !== undefined) assert.equal(typeof body[name], 'string', name)
  }
  const contexts = body['fhirContext'] as unknown as
    { reference?: string; canonical?: string; type?: string }[] | undefined
  for (const { reference, canonical } of contexts ?? []) {
    assert.match(reference ?? canonical ?? '', /^([A-Z]\w+\/[A-Za-z0-9.-]{1,64}|https?:.*)$/)
  }
}

async function reads(path: string, accessToken: string): Promise<void> {
  const { status, body } = await hospital.get(path, accessToken)
  assert.equal(status, 200)
  assert.equal(`${body.resourceType}/${body.id}`, path)
}

function refresh(answer: TokenAnswer, clientId: string, more: Record<string, string> = {}): Promise<TokenAnswer> {
  return token(hospital, {
    grant_type: 'refresh_token',
    refresh_token: answer.body.refresh_token,
    client_id: clientId,
    ...more,
  })
}

describe('a standalone launch', () => {
  for (const method of ['GET', 'POST'] as const) {
    test(`by ${method} returns to the app with the same state and a code [smart_app_redirect_stu2, smart_code_received]`, async () => {
      const request = authorizationRequest(hospital, {
        client_id: 'chartshare-web',
        redirect_uri: `${hospital.url}/app`,
        scope: standalone,
      })
      const page = await authorizeBy(method, request)
      assert.equal(page.url.origin + page.url.pathname, request.parameters.redirect_uri)
      assert.equal(page.url.searchParams.get('state'), request.parameters.state)
      assert.equal(page.url.searchParams.get('error'), null)
      assert.ok(page.url.searchParams.get('code'))
    })
  }

  async function authorizeBy(method: 'GET' | 'POST', request: Request) {
    if (method === 'GET') return authorize(hospital, request, doctorFor())
    const body = new URLSearchParams(request.parameters)
    const posted = await fetch(`${hospital.url}/auth/auth`, { method, body, redirect: 'manual' })
    return decide(await createBrowser(hospital.url).open(posted.headers.get('location')!), doctorFor())
  }

  test('answers what was asked for, with a patient who can be read, also after a refresh [smart_token_response_body_stu2_2, smart_token_response_headers, g10_smart_scopes, g10_patient_context, smart_token_refresh_stu2, smart_token_refresh_body]', async () => {
    const first = await launch(hospital, doctorFor(), { scope: standalone })
    const plain = await refresh(first, 'chartshare-web')
    const narrowed = await refresh(plain, 'chartshare-web', { scope: first.body.scope })
    for (const answer of [first, plain, narrowed]) {
      assertTokenAnswer(answer)
      assert.equal(answer.body['patient'], hospital.anna.id)
      await reads(hospital.anna.name, answer.body.access_token)
      const granted = answer.body.scope.split(' ')
      assert.deepEqual(new Set(granted), new Set(standalone.split(' ')))
    }
  })

  test('knows scopes of version 1 [g10_smart_v1_scopes]', async () => {
    const scope = 'launch/patient openid fhirUser offline_access patient/Patient.read patient/Observation.read'
    const { body } = await launch(hospital, doctorFor(), { scope })
    assert.deepEqual(new Set(body.scope.split(' ')), new Set(scope.split(' ')))
    await reads(hospital.anna.name, body.access_token)
    assert.equal((await hospital.get('Condition', body.access_token)).status, 403)
  })

  test('leads to the style of this server, and tells whether to show who the patient is [g10_smart_style_url, g10_need_patient_banner]', async () => {
    const { body } = await launch(hospital, doctorFor(), { scope: standalone })
    assert.equal(typeof body['need_patient_banner'], 'boolean')
    const style = await fetch(String(body['smart_style_url']))
    assert.equal(style.status, 200)
    assert.equal(typeof ((await style.json()) as Record<string, unknown>)['color_background'], 'string')
  })

  test('identifies the person, who can be read by the page of the app [smart_openid_fhir_user_claim, smart_cors_openid_fhir_user_claim, smart_cors_token_exchange, smart_cors_metadata_request, g10_public_launch_id_token]', async () => {
    const { body: app } = await register(
      hospital,
      { redirect_uris: [callback], token_endpoint_auth_method: 'none' },
      hospital.chief,
    )
    const { origin } = new URL(callback)
    for (const [person, type] of [
      [hospital.doctor, 'Practitioner'],
      [hospital.anna, 'Patient'],
    ] as const) {
      const request = authorizationRequest(hospital, {
        client_id: app.client_id,
        scope: 'openid fhirUser launch/patient patient/*.rs user/*.rs',
      })
      const page = await authorize(hospital, request, { ...doctorFor(), email: person.email })
      const answer = await redeem(hospital, request, page, { origin })
      assert.equal(answer.headers.get('access-control-allow-origin'), origin)
      const fhirUser = String(decodeJwt(String(answer.body['id_token']))['fhirUser'])
      assert.equal(fhirUser, `${hospital.fhir}/${person.name}`)
      const read = await hospital.get(fhirUser, answer.body.access_token, { origin })
      assert.equal(read.status, 200)
      assert.equal(read.body.resourceType, type)
      assert.match(read.headers.get('access-control-allow-origin')!, /^(\*|https:\/\/app\.example)$/)
    }
    const metadata = await hospital.get('metadata', '', { origin })
    assert.equal(metadata.headers.get('access-control-allow-origin'), '*')
  })

  test('of a native app, with an address of its own scheme, can be refreshed [attest_native_refresh]', async () => {
    const native = {
      redirect_uris: ['example.app:/callback'],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    }
    const { body: app, status } = await register(hospital, native, hospital.chief)
    assert.equal(status, 201)
    const given = { client_id: app.client_id, redirect_uri: 'example.app:/callback', scope: standalone }
    const request = authorizationRequest(hospital, given)
    const page = await authorize(hospital, request, doctorFor())
    assert.equal(page.url.protocol, 'example.app:')
    const answer = await redeem(hospital, request, page)
    assertTokenAnswer(await refresh(answer, app.client_id))
  })

  test('without a token, or with a made-up one, answers 401 [g10_unauthorized_access]', async () => {
    for (const value of ['', 'made-up']) assert.equal((await hospital.get(hospital.anna.name, value)).status, 401)
  })
})

describe('the code is exchanged', () => {
  async function exchanged(
    metadata: Record<string, unknown>,
    authenticate: (app: {
      client_id: string
      client_secret: string
    }) => Promise<{ form?: Record<string, string>; headers?: Record<string, string> }>,
  ) {
    const { body: app } = await register(hospital, { redirect_uris: [callback], ...metadata }, hospital.chief)
    const request = authorizationRequest(hospital, { client_id: app.client_id, scope: standalone })
    const page = await authorize(hospital, request, doctorFor())
    const { form = {}, headers } = await authenticate(app)
    const code = page.url.searchParams.get('code')!
    const common = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: request.verifier }
    const answer = await token(hospital, { ...common, ...form }, headers)
    assertTokenAnswer(answer)
    assert.equal(decodeJwt(String(answer.body['id_token'])).aud, app.client_id)
  }

  test('by a public client with its client_id [smart_token_exchange_stu2_2]', () =>
    exchanged({ token_endpoint_auth_method: 'none' }, async ({ client_id }) => ({ form: { client_id } })))

  test('by a symmetric client with Basic [smart_token_exchange_stu2_2]', () =>
    exchanged({ token_endpoint_auth_method: 'client_secret_basic' }, async ({ client_id, client_secret }) => ({
      headers: { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
    })))

  for (const alg of ['RS384', 'ES384'] as const) {
    test(`by an asymmetric client with an assertion, ${alg}, and no client_id [smart_token_exchange_stu2_2, g10_asymmetric_launch_id_token]`, async () => {
      let clientId = ''
      const key: ClientKey = await clientKey(hospital, () => clientId, alg)
      await exchanged(
        { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
        async ({ client_id }) => {
          clientId = client_id
          return { form: await key.assertion() }
        },
      )
    })
  }
})

describe('an EHR launch', () => {
  let app: Server
  const calls: URL[] = []

  before(async () => {
    app = createServer((request, response) => {
      calls.push(new URL(request.url!, 'http://localhost'))
      response.end('launched')
    })
    await new Promise<void>((done) => app.listen(0, '127.0.0.1', done))
  })

  after(() => app.close())

  test('calls the app’s launch URL with the FHIR base and a handle, and its context comes with the token [smart_app_launch, smart_launch_received, g10_patient_scope, g10_encounter_context, g10_smart_scopes, smart_token_response_headers]', async () => {
    const launchUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/launch?tenant=a`
    const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'none', launch_uri: launchUri }
    const { body: client } = await register(hospital, metadata, hospital.chief)
    const ehr = await launch(hospital, doctorFor(), { scope: 'openid user/*.cruds' })
    const made = await fetch(`${hospital.url}/auth/launch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ehr.body.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: client.client_id, patient: hospital.anna.id, encounter: hospital.encounter }),
    })
    const { launch: handle, url } = (await made.json()) as { launch: string; url: string }
    assert.equal(await (await fetch(url)).text(), 'launched')
    const called = calls.at(-1)!.searchParams
    assert.deepEqual([called.get('iss'), called.get('launch'), called.get('tenant')], [hospital.fhir, handle, 'a'])

    const scope = 'launch openid fhirUser offline_access patient/Patient.rs user/Encounter.rs patient/Encounter.rs'
    const request = authorizationRequest(hospital, { client_id: client.client_id, scope, launch: handle })
    const login = await createBrowser(hospital.url).open(authorizationUrl(hospital, request))
    const consent = await login.submit({ email: hospital.doctor.email, password })
    const first = await redeem(hospital, request, await decide(consent, { email: hospital.doctor.email }))
    for (const answer of [first, await refresh(first, client.client_id)]) {
      assertTokenAnswer(answer)
      assert.ok(answer.body.scope.split(' ').includes('patient/Patient.rs'))
      assert.equal(answer.body['need_patient_banner'], false)
      await reads(`Patient/${String(answer.body['patient'])}`, answer.body.access_token)
      await reads(`Encounter/${String(answer.body['encounter'])}`, answer.body.access_token)
      assert.deepEqual([answer.body['patient'], answer.body['encounter']], [hospital.anna.id, hospital.encounter])
    }
  })
})

describe('an app that the patient allowed', () => {
  test('is refused from the moment when the patient revokes it [g10_token_revocation]', async () => {
    const first = await launch(
      hospital,
      { email: hospital.anna.email },
      { scope: 'openid fhirUser offline_access launch/patient patient/*.rs' },
    )
    await reads(hospital.anna.name, first.body.access_token)
    const own = { authorization: `Bearer ${first.body.access_token}` }
    const connections = (await (await fetch(`${hospital.url}/auth/connections`, { headers: own })).json()) as {
      id: string
    }[]
    assert.equal(
      (await fetch(`${hospital.url}/auth/connections/${connections[0]!.id}`, { method: 'DELETE', headers: own }))
        .status,
      204,
    )
    assert.equal((await hospital.get(hospital.anna.name, first.body.access_token)).status, 401)
    assert.equal((await refresh(first, 'chartshare-web')).status, 400)
  })

  test('may stay for three months and longer, which the consent page says in words [attest_refresh_three_months, attest_offline_named]', async () => {
    const request = authorizationRequest(hospital, {
      client_id: 'chartshare-web',
      redirect_uri: `${hospital.url}/app`,
      scope: standalone,
    })
    const login = await createBrowser(hospital.url).open(authorizationUrl(hospital, request))
    const consent = await login.submit({ email: hospital.anna.email, password })
    assert.match(consent.html, /value="offline_access"[\s\S]{0,400}(connected|stay|signed in)/i)
    const answer = await redeem(hospital, request, await decide(consent, { email: hospital.anna.email }))
    const rows = await hospital.server.composed.store.query<{ days: number }>(
      `select extract(epoch from expires_at - now())::float8 / 86400 as days from oidc_payload
       where model = 'RefreshToken' and id = $1`,
      [hashToken(answer.body.refresh_token)],
    )
    assert.equal(rows.length, 1)
    assert.ok(rows[0]!.days > 92)
  })
})
