import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, authorize, decide, redeem, token } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

const person = { email: 'doctor@example.org' }
const house = () => ({ client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })

const cases: [string, Record<string, string | undefined>, string][] = [
  ['without a code challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
  ['with the plain method', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['without a challenge method, which means plain', { code_challenge_method: undefined }, 'invalid_request'],
  ['without aud', { aud: undefined }, 'invalid_request'],
  ['for another server [g10_smart_invalid_aud]', { aud: 'https://elsewhere.example/fhir' }, 'invalid_request'],
  ['for another resource', { resource: 'https://elsewhere.example/fhir' }, 'invalid_target'],
  ['with the launch scope and no launch', { scope: 'launch user/*.rs' }, 'invalid_request'],
  ['with a launch that was never made', { launch: 'made-up' }, 'invalid_request'],
  ['for an implicit token', { response_type: 'token' }, 'unsupported_response_type'],
  ['with scopes of which none can be granted', { scope: 'system/*.rs nonsense' }, 'invalid_scope'],
  ['with a request object', { request: 'x.y.z' }, 'request_not_supported'],
]

describe('an authorization request is refused', () => {
  for (const [what, parameters, error] of cases) {
    test(what, async () => {
      const request = authorizationRequest(server, { ...house(), ...parameters })
      const response = await fetch(authorizationUrl(server, request), { redirect: 'manual' })
      const location = new URL(response.headers.get('location') ?? 'none:', server.url)
      const answer = new URLSearchParams(location.search || location.hash.slice(1))
      assert.equal(answer.get('error'), error, location.href)
      assert.equal(answer.get('code'), null)
      assert.equal(answer.get('state'), 'a state')
    })
  }

  test('for a redirect URI that is not registered, without sending anybody there', async () => {
    const request = authorizationRequest(server, { ...house(), redirect_uri: 'https://elsewhere.example/' })
    const response = await fetch(authorizationUrl(server, request), {
      redirect: 'manual',
      headers: { accept: 'text/html' },
    })
    assert.equal(response.status, 400)
    assert.match(response.headers.get('content-security-policy')!, /frame-ancestors 'none'/)
    assert.match(await response.text(), /did not work/)
  })

  test('when the person refuses', async () => {
    const page = await authorize(server, authorizationRequest(server, house()), { ...person, button: 'deny' })
    assert.equal(page.url.searchParams.get('error'), 'access_denied')
    assert.equal(page.url.searchParams.get('state'), 'a state')
  })
})

test('aud may end with a slash', async () => {
  const page = await authorize(server, authorizationRequest(server, { ...house(), aud: `${server.fhir}/` }), person)
  assert.ok(page.url.searchParams.get('code'))
})

test('an authorization request may be posted', async () => {
  const { parameters } = authorizationRequest(server, house())
  const posted = await fetch(`${server.url}/auth/auth`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
    redirect: 'manual',
  })
  assert.equal(posted.status, 303)
  const page = await decide(await createBrowser(server.url).open(posted.headers.get('location')!), person)
  assert.ok(page.url.searchParams.get('code'))
})

describe('a code is not redeemed', () => {
  for (const [what, change] of [
    ['without a verifier [smart_no_verifier_token_request]', { code_verifier: undefined }],
    ['with a blank verifier [smart_blank_verifier_token_request]', { code_verifier: '' }],
    ['with another verifier [smart_bad_code_verifier_token_request]', { code_verifier: 'x'.repeat(43) }],
    ['with another redirect URI', { redirect_uri: 'https://elsewhere.example/' }],
    ['without a redirect URI', { redirect_uri: undefined }],
    ['by an unknown client [g10_smart_invalid_token_request_stu2_bad_client]', { client_id: 'nobody' }],
  ] as const) {
    test(what, async () => {
      const request = authorizationRequest(server, house())
      const page = await authorize(server, request, person)
      const form = {
        ...{
          grant_type: 'authorization_code',
          code: page.url.searchParams.get('code')!,
          code_verifier: request.verifier,
        },
        ...house(),
        ...change,
      }
      const kept = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const { status, body } = await token(server, Object.fromEntries(kept))
      assert.ok(status === 400 || status === 401, String(status))
      assert.equal(body.access_token, undefined)
    })
  }

  test('when the challenge itself is sent [smart_plain_code_verifier_token_request]', async () => {
    const request = authorizationRequest(server, house())
    const page = await authorize(server, request, person)
    const { status } = await redeem(server, { ...request, verifier: request.parameters.code_challenge! }, page)
    assert.equal(status, 400)
  })
})

test('made-up refresh tokens and codes are refused [g10_invalid_token_refresh, g10_smart_invalid_token_request_stu2_bad_code]', async () => {
  const refresh = await token(server, {
    grant_type: 'refresh_token',
    refresh_token: 'made-up',
    client_id: 'chartshare-web',
  })
  assert.equal(refresh.body.error, 'invalid_grant')
  const code = await token(server, {
    grant_type: 'authorization_code',
    code: 'made-up',
    ...house(),
    code_verifier: 'x'.repeat(43),
  })
  assert.equal(code.body.error, 'invalid_grant')
})

test('a page of one browser is of no use in another', async () => {
  const request = authorizationRequest(server, house())
  const login = await createBrowser(server.url).open(authorizationUrl(server, request))
  const elsewhere = await createBrowser(server.url).open(login.url)
  assert.equal(elsewhere.status, 400)
  assert.match(elsewhere.html, /out of date/)
})

test('a form that another site sends is refused', async () => {
  const senders: Record<string, string>[] = [
    { origin: 'https://elsewhere.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of senders) {
    const response = await fetch(`${server.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'a', password: 'b' }),
      headers,
    })
    assert.equal(response.status, 403)
  }
})

describe('the Host header decides no URL', () => {
  /** Straight to the server, with whatever the caller claims to have asked for. */
  function raw(
    path: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string; location: string | undefined }> {
    return new Promise((resolve, reject) => {
      const { hostname, port: at } = new URL(server.url)
      httpRequest({ host: hostname, port: at, path, headers }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode!, text, location: response.headers.location }))
      })
        .on('error', reject)
        .end()
    })
  }

  test('discovery names the public URL', async () => {
    const claims: Record<string, string>[] = [
      { host: 'evil.example' },
      { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    ]
    for (const headers of claims) {
      const { text } = await raw('/auth/.well-known/openid-configuration', headers)
      assert.doesNotMatch(text, /evil/)
      assert.equal((JSON.parse(text) as { token_endpoint: string }).token_endpoint, `${server.url}/auth/token`)
    }
  })

  test('a request line with another host is refused', async () => {
    const { status } = await raw('http://evil.example/auth/.well-known/openid-configuration', { host: 'evil.example' })
    assert.equal(status, 421)
  })

  test('redirects lead to the public URL', async () => {
    const { search } = new URL(authorizationUrl(server, authorizationRequest(server, house())))
    const { location } = await raw(`/auth/auth${search}`, { host: 'evil.example' })
    assert.ok(location?.startsWith(`${server.url}/login?`), location)
  })
})
