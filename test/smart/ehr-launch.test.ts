import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import {
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  authorize,
  callback,
  decide,
  launch,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'
import { codeAt, secretOn, signInHere, submitWith } from './second-step.ts'

let server: OAuthServer
let app: string
let doctor: string

before(async () => {
  server = await startOAuth()
  const chief = await administratorToken(server)
  await server.addAccount({ email: 'doctor@example.org' })
  await server.addAccount({ email: 'other@example.org' })
  app = (await register(server, { redirect_uris: [callback], token_endpoint_auth_method: 'none' }, chief)).body
    .client_id
  doctor = (await launch(server, { email: 'doctor@example.org' }, { scope: 'openid user/*.cruds' })).body.access_token
})

after(() => server.close())

async function make(body: object, accessToken = doctor) {
  const response = await fetch(`${server.url}/auth/launch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as { launch: string } }
}

const context = () => ({
  ...{ client_id: app, patient: 'anna', encounter: 'visit-1', intent: 'reconcile-medications' },
  fhirContext: [{ reference: 'ImagingStudy/1', role: 'https://example.org/role' }],
})
const scope = 'launch launch/encounter openid online_access patient/*.rs'
const request = (handle: string) => authorizationRequest(server, { client_id: app, scope, launch: handle })

describe('an EHR launch', () => {
  test('hands the whole context to the app, also on refresh, without a picker', async () => {
    const { body } = await make(context())
    const asked = request(body.launch)
    const browser = createBrowser(server.url)
    const login = await browser.open(authorizationUrl(server, asked))
    const consent = await login.submit({ email: 'doctor@example.org', password })
    assert.equal(consent.url.pathname, '/consent')
    assert.doesNotMatch(consent.html, /name="patient"/)
    const answer = await redeem(server, asked, await decide(consent, { email: 'doctor@example.org' }))
    const refreshed = await token(server, {
      ...{ grant_type: 'refresh_token', refresh_token: answer.body.refresh_token, client_id: app },
    })
    for (const { body: given } of [answer, refreshed]) {
      assert.equal(given.patient, 'anna')
      assert.equal(given.encounter, 'visit-1')
      assert.equal(given.intent, 'reconcile-medications')
      assert.deepEqual(given.fhirContext, context().fhirContext)
      assert.equal(given.need_patient_banner, false)
      assert.deepEqual(new Set(given.scope.split(' ')), new Set(scope.split(' ')))
    }
    assert.equal((await server.oauth.principalOf(refreshed.body.access_token))?.patient?.id, 'anna')
  })

  test('is not made with the encounter of another patient', async () => {
    for (const wrong of [{ patient: 'ben' }, { encounter: 'visit-2' }]) {
      assert.equal((await make({ ...context(), ...wrong })).status, 422, JSON.stringify(wrong))
    }
  })

  test('works once', async () => {
    const { body } = await make(context())
    const first = await authorize(server, request(body.launch), { email: 'doctor@example.org' })
    assert.ok(first.url.searchParams.get('code'))
    const second = await authorize(server, request(body.launch), { email: 'doctor@example.org' })
    assert.equal(second.url.searchParams.get('error'), 'invalid_request')
  })

  test('is for the person who made it, and for the app that it was made for', async () => {
    const { body } = await make(context())
    const other = await authorize(server, request(body.launch), { email: 'other@example.org' })
    assert.equal(other.status, 400)
    assert.equal(other.left, false)
    const house = { client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, scope, launch: body.launch }
    const page = await authorize(server, authorizationRequest(server, house), { email: 'doctor@example.org' })
    assert.equal(page.url.searchParams.get('error'), 'invalid_request')
  })

  test('is refused after five minutes', async () => {
    const { body } = await make(context())
    await server.database.query(`update smart_launch set expires_at = now() where used_at is null`)
    const page = await authorize(server, request(body.launch), { email: 'doctor@example.org' })
    assert.equal(page.url.searchParams.get('error'), 'invalid_request')
  })

  test('of our own app asks nothing but the password', async () => {
    const { body } = await make({ client_id: 'chartshare-web', patient: 'anna' })
    const given = {
      client_id: 'chartshare-web',
      redirect_uri: `${server.url}/app`,
      scope: 'launch openid user/*.rs',
      launch: body.launch,
    }
    const asked = authorizationRequest(server, given)
    const login = await createBrowser(server.url).open(authorizationUrl(server, asked))
    const done = await login.submit({ email: 'doctor@example.org', password })
    assert.equal(done.url.pathname, '/app')
    assert.equal((await redeem(server, asked, done)).body.patient, 'anna')
  })

  test('of our own app outlives the second step that comes between, and is used once all the same', async () => {
    const email = 'two-steps@example.org'
    const { accountId } = await server.addAccount({ email })
    const own = (await launch(server, { email }, { scope: 'openid user/*.cruds' })).body.access_token
    const browser = createBrowser(server.url)
    await signInHere(server, email, browser)
    // The session is from before there was a second factor: the request leads past the login page.
    const secret = await factorOf(server, email)
    const { body } = await make({ client_id: 'chartshare-web', patient: 'anna' }, own)
    const asked = authorizationRequest(server, {
      ...{ client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, launch: body.launch },
      scope: 'launch openid user/*.rs',
    })
    const login = await browser.open(authorizationUrl(server, asked))
    assert.equal(login.url.pathname, '/login')
    const factor = await login.submit({ email, password })
    const done = await submitWith(factor, 'code', { code: codeAt(secret, Date.now() + 30_000) })
    assert.equal(done.url.pathname, '/app', done.html)
    assert.equal((await redeem(server, asked, done)).body.patient, 'anna')
    const again = await browser.open(authorizationUrl(server, asked))
    assert.equal(again.url.searchParams.get('error'), 'invalid_request')
    assert.equal(
      (
        await server.database.query('select from smart_launch where account_id = $1 and used_at is not null', [
          accountId,
        ])
      ).length,
      1,
    )
  })

  test('cannot be made for a patient whom the person may not see, an unknown app, or without a person’s token', async () => {
    assert.equal((await make({ ...context(), patient: 'nobody' })).status, 422)
    assert.equal((await make({ ...context(), client_id: 'nobody' })).status, 422)
    assert.equal((await make({ client_id: app })).status, 400)
    assert.equal((await make({ ...context(), fhirContext: ['x'] })).status, 400)
    assert.equal((await make(context(), 'made-up')).status, 401)
  })
})

/** Adds an authenticator app from another browser; answers its secret, whose present code is used. */
async function factorOf(on: OAuthServer, email: string): Promise<string> {
  const elsewhere = createBrowser(on.url)
  await signInHere(on, email, elsewhere)
  const page = await elsewhere.open('/account/factor')
  const secret = secretOn(page)
  assert.equal((await submitWith(page, 'code', { code: codeAt(secret, Date.now()) })).status, 200)
  return secret
}
