import { argon2Calls } from '../support/counted-argon2.ts'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizationRequest, authorizationUrl, fhir, launch, token } from '../smart/app.ts'
import { password, startOAuth } from '../smart/oauth-server.ts'
import type { OAuthServer } from '../smart/oauth-server.ts'
import { createBrowser } from '../support/browser.ts'

const web = { client_id: 'chartshare-web' }
let server: OAuthServer

before(async () => {
  server = await startOAuth({ rateScale: 1 })
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

function signIn(email: string, given: string): Promise<Response> {
  const body = new URLSearchParams({ email, password: given })
  return fetch(`${server.url}/login`, { method: 'POST', body, redirect: 'manual' })
}

async function newDoctor(email: string) {
  return { email, ...(await server.addAccount({ email })) }
}

test('LOG-1: a wrong password and an unknown person get the same status and page for the same work', async () => {
  const answers = []
  for (const email of ['doctor@example.org', 'nobody@example.org']) {
    const [trips, hashes] = [server.database.roundTrips(), argon2Calls()]
    const response = await signIn(email, 'a wrong guess altogether')
    const text = (await response.text()).replaceAll(email, '')
    const work = { trips: server.database.roundTrips() - trips, hashes: argon2Calls() - hashes }
    answers.push({ status: response.status, text, ...work })
  }
  assert.deepEqual([answers[0]!.status, answers[0]!.hashes], [401, 1])
  assert.deepEqual(answers[1], answers[0])
})

test('LOG-2: after 50 guesses one waits, and the right password works after the pause', async () => {
  const { email } = await newDoctor('guessed@example.org')
  const guesses = await Promise.all(Array.from({ length: 50 }, (_, n) => signIn(email, `a wrong guess number ${n}`)))
  assert.ok(guesses.every(({ status }) => status === 401 || status === 429))
  const told = await signIn(email, password)
  assert.equal(told.status, 429)
  const seconds = Number(told.headers.get('retry-after'))
  assert.ok(seconds >= 1 && seconds <= 60, `${seconds} s`)
  // What the pause is waited for is the database's clock: here it is moved.
  await server.database.query(`update oauth_throttle set blocked_until = now()`)
  assert.equal((await signIn(email, password)).status, 303)
})

test('LOG-3: without PKCE, or with the plain method, there is no code', async () => {
  for (const change of [
    { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
  ]) {
    const request = authorizationRequest(server, { ...web, redirect_uri: `${server.url}/app`, ...change })
    const { status, headers } = await fetch(authorizationUrl(server, request), { redirect: 'manual' })
    const answer = status === 303 ? new URL(headers.get('location')!, server.url).searchParams : undefined
    assert.ok(status === 400 || answer?.get('error') === 'invalid_request', `${status} ${String(answer)}`)
    assert.equal(answer?.has('code') ?? false, false)
  }
})

test('LOG-4: what is for administrators answers others 403, and the attempt is audited', async () => {
  const doctor = await newDoctor('curious@example.org')
  const { accountId } = doctor
  const { body } = await launch(server, doctor)
  const refusals = () =>
    server.database.query<{ id: string }>(
      `select account_id::text as id from audit where outcome = 'refused' and status = 403`,
    )
  const before = await refusals()
  const response = await fetch(`${server.url}/auth/connections?person=Practitioner/x`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  assert.equal(response.status, 403)
  const after = await refusals()
  assert.equal(after.length, before.length + 1)
  assert.equal(after.filter(({ id }) => id === accountId).length, 1)
})

test('LOG-5: after signing out neither the refresh token nor the access token works', async () => {
  const person = await newDoctor('leaving@example.org')
  const browser = createBrowser(server.url)
  const { body } = await launch(server, person, { scope: 'openid online_access user/*.rs' }, browser)
  assert.equal(await fhir(server, body.access_token), 200)
  const page = await browser.open('/auth/session/end?client_id=chartshare-web')
  const [form] = page.forms
  const xsrf = form!.controls.find(({ name }) => name === 'xsrf')!.value
  const signedOut = await browser.request(new URL(form!.action), {
    method: 'POST',
    body: new URLSearchParams({ xsrf, logout: 'yes' }),
  })
  assert.equal(signedOut.status, 303)
  assert.equal(await fhir(server, body.access_token), 401)
  const again = await token(server, { grant_type: 'refresh_token', refresh_token: body.refresh_token, ...web })
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant'])
})
