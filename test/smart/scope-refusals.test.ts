import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import {
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  clientKey,
  launch,
  post,
  register,
  token,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string
before(async () => {
  server = await startOAuth()
  chief = await administratorToken(server)
  await server.addAccount({ email: 'doctor@example.org' })
})
after(() => server.close())

const person = { email: 'doctor@example.org', patient: 'anna' }
const many = Array.from({ length: 500 }, (_, n) => `user/Basic.rs?_id=${n}`).join(' ')

const wrong: Readonly<Record<string, string>> = {
  'actions out of order': 'openid user/Patient.sr',
  'actions twice': 'user/Patient.rr',
  'no action': 'user/Patient.',
  'no type': 'user/.rs',
  'a type in small letters': 'user/patient.rs',
  'an instance': 'patient/Patient/1.rs',
  'an empty query': 'patient/Observation.rs?',
  'a query without a name': 'patient/Observation.rs?=x',
  'a query on a scope of version 1': 'patient/Observation.read?category=x',
  'an unknown parameter': 'patient/Observation.rs?nonsense=1',
  'an unknown parameter beside one that is known': 'patient/Observation.rs?category=x&nonsense=1',
  'a script': 'user/<script>.rs',
}

describe('a request for scopes is refused with invalid_scope', () => {
  for (const [what, scope] of Object.entries(wrong)) {
    test(`with ${what}, before anybody is asked`, async () => {
      const house = { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` }
      const request = authorizationRequest(server, { ...house, scope: `openid user/Patient.rs ${scope}` })
      const page = await createBrowser(server.url).open(authorizationUrl(server, request))
      assert.equal(page.url.pathname, '/app')
      assert.equal(page.url.searchParams.get('error'), 'invalid_scope')
      assert.equal(page.url.searchParams.get('state'), 'a state')
      assert.equal(page.url.searchParams.get('code'), null)
      assert.match(page.url.searchParams.get('error_description')!, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    })
  }

  test('with 500 scopes', async () => {
    const house = { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` }
    const request = authorizationRequest(server, { ...house, scope: many })
    const page = await createBrowser(server.url).open(authorizationUrl(server, request))
    assert.equal(page.url.searchParams.get('error'), 'invalid_scope')
    assert.ok(page.url.href.length < 1000, 'the answer does not repeat them')
    const posted = await fetch(`${server.url}/auth/auth`, {
      ...{ method: 'POST', redirect: 'manual' },
      body: new URLSearchParams(request.parameters),
    })
    assert.equal(posted.status, 413)
    assert.equal(posted.headers.get('location'), null)
  })

  test('at a refresh, which leaves the token as it was', async () => {
    const { body } = await launch(server, person, { scope: 'openid offline_access user/Patient.rs' })
    const form = { grant_type: 'refresh_token', client_id: 'chartshare-web', refresh_token: body.refresh_token }
    const answer = await token(server, { ...form, scope: 'user/Patient.sr' })
    assert.equal(answer.status, 400)
    assert.equal(answer.body.error, 'invalid_scope')
    assert.equal((await token(server, form)).status, 200)
  })

  test('for a backend service', async () => {
    let id = ''
    const key = await clientKey(server, () => id)
    const metadata = {
      ...{ token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'], response_types: [] },
      ...{ redirect_uris: [], jwks: { keys: [key.publicJwk] }, scope: 'system/*.rs' },
    }
    id = (await register(server, metadata, chief)).body.client_id
    for (const scope of ['system/Patient.sr', 'system/Patient.rs?nonsense=1', many.replaceAll('user/', 'system/')]) {
      const form = { grant_type: 'client_credentials', scope, ...(await key.assertion()) }
      const answer = await post(`${server.url}/auth/token`, form)
      assert.equal(answer.status, 400)
      assert.equal(answer.body.error, 'invalid_scope', scope)
      assert.equal(answer.body.access_token, undefined)
    }
  })
})

test('a patient/ scope has a patient, or there is no token', async () => {
  const request = { scope: 'openid patient/Observation.rs' }
  const { body } = await launch(server, person, request)
  assert.equal(body.patient, 'anna')
  await assert.rejects(launch(server, { email: person.email }, request), /choose the patient/)
  const kept = await launch(
    server,
    { email: person.email, keep: ['openid', 'user/Patient.rs'] },
    {
      scope: 'openid user/Patient.rs patient/Observation.rs',
    },
  )
  assert.equal(kept.body.patient, undefined)
  assert.equal(kept.body.scope.includes('patient/'), false)
})
