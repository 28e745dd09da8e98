import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, authorize, redeem, token } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

const person = { email: 'doctor@example.org' }
const house = () => ({ client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })

function send(
  path: string,
  form: URLSearchParams | string[][] | Record<string, string>,
  headers: Record<string, string> = {},
) {
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form as Record<string, string>),
    headers: { accept: 'text/html', ...headers },
    redirect: 'manual',
  })
}

/** What leads elsewhere, or splits a header in two, wherever it gets into one. */
const shapes = [
  '//elsewhere.example',
  '/\\elsewhere.example',
  'https://elsewhere.example/',
  'https:elsewhere.example',
  '\thttps://elsewhere.example',
  'javascript:alert(1)',
  'x\r\nSet-Cookie: stolen=1',
  'x\nLocation: https://elsewhere.example',
  'x\u2028y\u0085z\u560d\u560a',
  '"><script>alert(1)</script>',
  "'; frame-ancestors *; x '",
]

/** Never another site's address, a header of the sender's making, or his markup. */
async function assertHarmless(response: Response, what: string): Promise<void> {
  assert.ok(response.status < 500, `${what}: ${response.status}`)
  assert.equal(
    response.headers.getSetCookie().some((cookie) => cookie.startsWith('stolen')),
    false,
    what,
  )
  const location = response.headers.get('location')
  if (location !== null) assert.equal(new URL(location, server.url).origin, server.url, `${what}: ${location}`)
  assert.doesNotMatch(await response.text(), /<script>alert|href="javascript:/i, what)
  assert.doesNotMatch(response.headers.get('content-security-policy') ?? '', /elsewhere|frame-ancestors \*|alert/, what)
}

describe('what leads elsewhere or injects a header', () => {
  const pages: Record<string, readonly string[]> = {
    '/login': ['interaction', 'email', 'password', 'return_to', 'next', 'redirect_uri'],
    '/consent': ['interaction', 'scope', 'patient', 'find', 'allow'],
    '/register': ['given', 'family', 'licence', 'email', 'password'],
    '/verify': ['code'],
    '/activate': ['code', 'email', 'password', 'birthdate'],
    '/forgot': ['email'],
    '/reset': ['code', 'password', 'email'],
    '/setup': ['code', 'email', 'given', 'family'],
    '/status': ['email', 'password'],
  }
  for (const [page, fields] of Object.entries(pages)) {
    test(`does neither as a field or a parameter of ${page}`, async () => {
      for (const field of fields) {
        for (const shape of shapes) {
          await assertHarmless(await send(page, { [field]: shape }), `POST ${page} ${field}=${shape}`)
          const address = `${server.url}${page}?${new URLSearchParams({ [field]: shape }).toString()}`
          await assertHarmless(await fetch(address, { redirect: 'manual' }), address)
        }
      }
    })
  }

  for (const field of [
    'redirect_uri',
    'client_id',
    'state',
    'scope',
    'nonce',
    'aud',
    'launch',
    'login_hint',
    'prompt',
    'response_mode',
    'ui_locales',
  ]) {
    test(`does neither as ${field} of an authorization request, by GET and by POST`, async () => {
      for (const shape of shapes) {
        const request = authorizationRequest(server, { ...house(), [field]: shape })
        const asked = await fetch(authorizationUrl(server, request), {
          redirect: 'manual',
          headers: { accept: 'text/html' },
        })
        await assertHarmless(asked, `GET ${field}=${shape}`)
        await assertHarmless(await send('/auth/auth', request.parameters), `POST ${field}=${shape}`)
      }
    })
  }

  test('does neither as the address to go to after signing out', async () => {
    for (const shape of shapes) {
      const forms: Record<string, string>[] = [
        { post_logout_redirect_uri: shape, client_id: 'chartshare-web' },
        { post_logout_redirect_uri: shape, state: shape },
      ]
      for (const form of forms) {
        await assertHarmless(await send('/auth/session/end', form), shape)
        const address = `${server.url}/auth/session/end?${new URLSearchParams(form).toString()}`
        await assertHarmless(await fetch(address, { redirect: 'manual', headers: { accept: 'text/html' } }), shape)
      }
    }
  })

  test('does neither as a parameter of the token endpoint', async () => {
    for (const field of [
      'grant_type',
      'code',
      'redirect_uri',
      'client_id',
      'client_assertion',
      'refresh_token',
      'scope',
      'resource',
    ]) {
      for (const shape of shapes) {
        const form = { grant_type: 'authorization_code', code: 'x', ...house(), [field]: shape }
        const answer = await send('/auth/token', form, { accept: 'application/json' })
        assert.equal(answer.headers.get('location'), null)
        await assertHarmless(answer, `${field}=${shape}`)
      }
    }
  })

  test('comes back in state as it was sent, encoded', async () => {
    const state = 'x\r\nSet-Cookie: stolen=1 "><script>'
    const page = await authorize(server, authorizationRequest(server, { ...house(), state }), person)
    assert.equal(page.url.searchParams.get('state'), state)
    assert.equal(page.headers.get('set-cookie')?.includes('stolen') ?? false, false)
  })
})

describe('a parameter that is given twice', () => {
  test('is refused by every form, and nobody signs in by the first or the last of them', async () => {
    for (const path of ['/login', '/register', '/forgot', '/activate', '/reset', '/setup', '/status']) {
      const form = [
        ['email', 'doctor@example.org'],
        ['email', 'other@example.org'],
        ['password', password],
        ['code', 'one'],
        ['code', 'two'],
      ]
      const response = await send(path, form)
      assert.equal(response.status, 400, path)
      assert.match(await response.text(), /given more than once/, path)
      assert.deepEqual(response.headers.getSetCookie(), [])
    }
  })

  test('is refused in JSON as well', async () => {
    const response = await fetch(`${server.url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: ['a@example.org', 'b@example.org'], password }),
    })
    assert.equal(response.status, 400)
  })

  test('is refused by the authorization endpoint, by GET and by POST', async () => {
    const { parameters } = authorizationRequest(server, house())
    for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'aud', 'code_challenge', 'response_type']) {
      const twice = [...Object.entries(parameters), [name, parameters[name]!]] as [string, string][]
      const query = new URLSearchParams(twice).toString()
      const asked = await fetch(`${server.url}/auth/auth?${query}`, {
        redirect: 'manual',
        headers: { accept: 'text/html' },
      })
      const told = new URL(asked.headers.get('location') ?? 'none:', server.url).searchParams.get('error')
      assert.ok(asked.status === 400 || told === 'invalid_request', `${name}: ${asked.status} ${told}`)
      const posted = await createBrowser(server.url).open((await send('/auth/auth', twice)).headers.get('location')!)
      assert.ok(posted.status === 400 || posted.url.searchParams.get('error') === 'invalid_request', name)
      assert.equal(posted.url.searchParams.get('code'), null)
    }
  })

  test('is refused by the token endpoint, and the code is still good', async () => {
    const request = authorizationRequest(server, house())
    const page = await authorize(server, request, person)
    const form = {
      ...{ grant_type: 'authorization_code', code: page.url.searchParams.get('code')! },
      ...{ code_verifier: request.verifier, ...house() },
    }
    for (const name of Object.keys(form) as (keyof typeof form)[]) {
      const answer = await send('/auth/token', [...Object.entries(form), [name, form[name]]], { accept: '*/*' })
      assert.ok([400, 401].includes(answer.status), name)
    }
    assert.equal((await redeem(server, request, page)).status, 200)
  })

  test('is refused by introspection with a Bearer token', async () => {
    const request = authorizationRequest(server, house())
    const { body } = await redeem(server, request, await authorize(server, request, person))
    const twice = [
      ['token', body.access_token],
      ['token', 'x'],
    ]
    const answer = await send('/auth/token/introspection', twice, { authorization: `Bearer ${body.access_token}` })
    assert.equal(answer.status, 400)
  })
})

describe('what is too large', () => {
  test('answers 413 to every form, as a page, and is not read to its end', async () => {
    for (const path of ['/login', '/register', '/forgot', '/activate', '/auth/auth']) {
      assert.equal((await send(path, { email: 'x'.repeat(60_000) })).status, 413, path)
    }
  })

  test('answers 413 when it would not fit into the address that a posted authorization request becomes', async () => {
    const { parameters } = authorizationRequest(server, { ...house(), state: 'x'.repeat(20_000) })
    assert.equal((await send('/auth/auth', parameters)).status, 413)
  })

  test('is refused as a code, a token or a verifier without an error of the server', async () => {
    const long = 'x'.repeat(40_000)
    for (const [grant_type, name] of [
      ['authorization_code', 'code'],
      ['authorization_code', 'code_verifier'],
      ['refresh_token', 'refresh_token'],
      ['client_credentials', 'client_assertion'],
    ] as const) {
      const { status } = await token(server, { grant_type, ...house(), code: 'x', [name]: long })
      assert.ok([400, 401].includes(status), `${name}: ${status}`)
    }
  })
})

describe('forms that are sent on need no script', () => {
  test('signing out without being signed in leads back to the app by a button', async () => {
    const end = `/auth/session/end?client_id=chartshare-web&state=s&post_logout_redirect_uri=${encodeURIComponent(`${server.url}/app`)}`
    const page = await createBrowser(server.url).open(end)
    assert.doesNotMatch(page.html, /<script/)
    const done = await page.submit()
    assert.equal(done.url.href, `${server.url}/app?state=s`)
  })

  test('an answer by form_post is sent by a button, to the app alone', async () => {
    const request = authorizationRequest(server, { ...house(), response_mode: 'form_post' })
    const page = await authorize(server, request, person)
    assert.doesNotMatch(page.html, /<script/)
    assert.equal(page.forms[0]!.action, `${server.url}/app`)
    assert.match(page.headers.get('content-security-policy')!, /form-action 'self'/)
    const code = page.forms[0]!.controls.find(({ name }) => name === 'code')
    assert.match(code!.value, /^[\w-]{20,}$/)
  })
})
