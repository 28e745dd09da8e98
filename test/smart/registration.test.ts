import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  authorize,
  callback,
  decideClient,
  launch,
  register,
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

const app = {
  redirect_uris: [callback],
  token_endpoint_auth_method: 'none',
  client_name: 'Growth <chart>',
  scope: 'openid patient/*.rs user/*.rs',
}
type Manage = Record<'registration_client_uri' | 'registration_access_token', string>

function manage(
  { registration_client_uri: uri, registration_access_token: bearer }: Manage,
  method: string,
  body?: object,
) {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  return fetch(uri, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
}

describe('an app that registers', () => {
  test('with an administrator’s token is active at once', async () => {
    const { status, body } = await register(server, app, chief)
    assert.equal(status, 201)
    assert.equal(body.scope, app.scope)
    const page = await authorize(server, authorizationRequest(server, { client_id: body.client_id }), {
      email: 'doctor@example.org',
    })
    assert.ok(page.url.searchParams.get('code'))
  })

  test('without one waits: no page leads to it, and nobody is sent to its address', async () => {
    const { status, body } = await register(server, app)
    assert.equal(status, 201)
    const response = await fetch(
      authorizationUrl(server, authorizationRequest(server, { client_id: body.client_id })),
      { redirect: 'manual' },
    )
    assert.equal(response.status, 403)
    const text = await response.text()
    assert.match(text, /not approved yet/)
    assert.match(text, /Growth &lt;chart&gt;/)
  })

  test('with a doctor’s token waits as well, and with a bad token is refused', async () => {
    const { body } = await launch(server, { email: 'doctor@example.org' }, { scope: 'openid user/*.cruds' })
    assert.equal((await register(server, app, body.access_token)).body.approval, 'waiting')
    assert.equal((await register(server, app, 'made-up')).status, 401)
  })

  test('with a token of an administrator who gave the app less than all waits', async () => {
    await server.addAccount({ email: 'cautious@example.org', roles: ['admin', 'practitioner'] })
    const { body } = await launch(server, { email: 'cautious@example.org' }, { scope: 'openid user/Patient.rs' })
    assert.equal((await register(server, app, body.access_token)).body.approval, 'waiting')
  })

  test('cannot approve itself or pass for a part of the server', async () => {
    const { body } = await register(server, {
      ...app,
      approval: 'granted',
      first_party: true,
      smart_scope: 'system/*.cruds',
    })
    assert.equal(body.approval, 'waiting')
    const [row] = await server.database.query<{ payload: Record<string, unknown> }>(
      `select payload from oidc_payload where model = 'Client' and id = $1`,
      [body.client_id],
    )
    assert.equal(row?.payload.first_party, undefined)
    assert.equal(row?.payload.smart_scope, app.scope)
  })

  test('is refused when the metadata do not hold', async () => {
    for (const wrong of [
      { redirect_uris: [] },
      { redirect_uris: ['javascript:alert(1)'] },
      { token_endpoint_auth_method: 'made-up' },
      { scope: 7 },
    ]) {
      const { status } = await register(server, { ...app, ...wrong }, chief)
      assert.equal(status, 400, JSON.stringify(wrong))
    }
    const broken = await fetch(`${server.url}/auth/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    })
    assert.equal(broken.status, 400)
    const form = await fetch(`${server.url}/auth/reg`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
    assert.equal(form.status, 415)
  })
})

describe('a registered app', () => {
  test('reads, renames and removes its registration', async () => {
    const { body } = await register(server, app, chief)
    const read = (await (await manage(body as never, 'GET')).json()) as Record<string, unknown>
    assert.equal(read.scope, app.scope)
    const {
      registration_access_token: _token,
      registration_client_uri: _uri,
      client_id_issued_at: _at,
      ...metadata
    } = read
    const same = await manage(body as never, 'PUT', metadata)
    const unchanged = (await same.json()) as Manage & { approval: string }
    assert.equal(unchanged.approval, 'granted')
    const renamed = await manage(unchanged, 'PUT', { ...metadata, client_name: 'Chart' })
    const answer = (await renamed.json()) as Manage & Record<string, string>
    assert.equal(renamed.status, 200, JSON.stringify(answer))
    assert.equal(answer.client_name, 'Chart')
    assert.equal(answer.approval, 'waiting')
    assert.equal((await manage({ ...answer }, 'DELETE')).status, 204)
    assert.equal((await manage({ ...answer }, 'GET')).status, 401)
  })

  test('that changes its addresses or its scopes waits again; leaving the scopes out does not lift them', async () => {
    for (const change of [{ redirect_uris: ['https://elsewhere.example/'] }, { scope: 'user/*.cruds' }]) {
      const { body } = await register(server, app, chief)
      const put = await manage(body as never, 'PUT', {
        client_id: body.client_id,
        ...app,
        grant_types: body.grant_types,
        ...change,
      })
      assert.equal(((await put.json()) as { approval: string }).approval, 'waiting', JSON.stringify(change))
    }
    const { body } = await register(server, app, chief)
    const { scope: _scope, ...without } = app
    const put = await manage(body as never, 'PUT', {
      client_id: body.client_id,
      ...without,
      grant_types: body.grant_types,
    })
    const waiting = (await put.json()) as Manage & { scope: string }
    assert.equal(waiting.scope, app.scope)
    const more = { client_id: body.client_id, ...without, client_name: 'Chart', grant_types: body.grant_types }
    const renamed = (await (await manage(waiting, 'PUT', more)).json()) as Manage & Record<string, string>
    assert.deepEqual([renamed.approval, renamed.scope], ['waiting', app.scope])
    // In two steps neither: it waits now, and leaves them out once more.
    const again = (await (await manage(renamed, 'PUT', more)).json()) as Record<string, string>
    assert.deepEqual([again.approval, again.scope], ['waiting', app.scope])
  })

  test('is listed for administrators, and for nobody else', async () => {
    const { body } = await launch(server, { email: 'doctor@example.org' }, { scope: 'openid user/*.cruds' })
    const list = (accessToken: string) =>
      fetch(`${server.url}/auth/clients?approval=waiting`, { headers: { authorization: `Bearer ${accessToken}` } })
    assert.equal((await list(body.access_token)).status, 403)
    const clients = (await (await list(chief)).json()) as Record<string, unknown>[]
    assert.ok(clients.length > 0)
    assert.ok(clients.every(({ approval, client_secret }) => approval === 'waiting' && client_secret === undefined))
  })
})

describe('an administrator', () => {
  const look = async (id: string) => {
    const headers = { authorization: `Bearer ${chief}` }
    return (await (await fetch(`${server.url}/auth/clients/${id}`, { headers })).json()) as Record<string, unknown>
  }

  test('sees that an app may ask for any scope', async () => {
    const { scope: _scope, ...without } = app
    const { body } = await register(server, without)
    assert.equal((await look(body.client_id)).any_scope, true)
    const limited = await look((await register(server, app)).body.client_id)
    assert.deepEqual([limited.any_scope, limited.scope], [undefined, app.scope])
  })

  test('approves, and grants scopes, by the version that he looked at; suspends without', async () => {
    const { body } = await register(server, app)
    const { version } = await look(body.client_id)
    const decide = (change: object) => decideClient(server, chief, body.client_id, { version: undefined, ...change })
    assert.equal((await decide({ approval: 'granted' })).status, 400)
    assert.equal((await decide({ scope: 'openid' })).status, 400)
    assert.equal((await look(body.client_id)).approval, 'waiting')
    const { registration_client_uri: _uri, registration_access_token: _token, ...metadata } = body
    const { client_id_issued_at: _at, ...same } = metadata
    assert.equal((await manage(body as never, 'PUT', { ...same, client_name: 'Another' })).status, 200)
    assert.equal((await decide({ approval: 'granted', version })).status, 409)
    assert.equal((await decide({ approval: 'suspended' })).status, 200)
  })

  test('looks through all registrations, page by page', async () => {
    await server.database.query(
      `insert into oidc_payload (model, id, payload) select 'Client', 'copy' || n,
         jsonb_build_object('client_id', 'copy' || n, 'client_id_issued_at', 1700000000 + n / 3, 'approval', 'suspended')
       from generate_series(1, 230) n`,
    )
    const seen: string[] = []
    let pages = 0
    let next: string | undefined = `${server.url}/auth/clients?approval=suspended`
    while (next !== undefined) {
      const page: Response = await fetch(next, { headers: { authorization: `Bearer ${chief}` } })
      assert.equal(page.status, 200)
      seen.push(...((await page.json()) as { client_id: string }[]).map((one) => one.client_id))
      next = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1]
      pages += 1
    }
    assert.ok(pages >= 3)
    assert.equal(seen.length, new Set(seen).size)
    assert.equal(seen.filter((id) => id.startsWith('copy')).length, 230)
    const wrong = await fetch(`${server.url}/auth/clients?after=x`, { headers: { authorization: `Bearer ${chief}` } })
    assert.equal(wrong.status, 400)
  })
})

test('an app that gets a secret by an update of its registration is told it, once', async () => {
  const { body } = await register(server, app)
  const { registration_client_uri: _uri, registration_access_token: _token, ...rest } = body
  const { client_id_issued_at: _at, ...metadata } = rest
  const change = { ...metadata, token_endpoint_auth_method: 'client_secret_basic' }
  const answer = (await (await manage(body as never, 'PUT', change)).json()) as Manage & Record<string, string>
  assert.match(answer.client_secret ?? '', /^[\w-]{40,}$/)
  const [row] = await server.database.query<{ secret: string }>(
    `select payload ->> 'client_secret' as secret from oidc_payload where model = 'Client' and id = $1`,
    [body.client_id],
  )
  assert.equal(row!.secret, `sha256:${createHash('sha256').update(answer.client_secret!).digest('base64url')}`)
  const read = (await (await manage(answer, 'GET')).json()) as Record<string, string>
  assert.equal(read.client_secret, undefined)
})

test('registrations with the token of anybody who may not administer are limited as well, by account and by address', async () => {
  const strict = await startOAuth({ rateScale: 0.1 })
  try {
    const admin = await administratorToken(strict)
    await strict.addAccount({ email: 'doctor@example.org' })
    const { body } = await launch(strict, { email: 'doctor@example.org' }, { scope: 'openid user/*.cruds' })
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await register(strict, app, body.access_token)).status)
    assert.deepEqual(statuses, [201, 201, 429])
    assert.equal((await register(strict, app)).status, 429)
    for (let n = 0; n < 3; n++) assert.equal((await register(strict, app, admin)).status, 201)
  } finally {
    await strict.close()
  }
})

test('registrations without a token are limited by address', async () => {
  const strict = await startOAuth({ rateScale: 0.1 })
  try {
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await register(strict, app)).status)
    assert.deepEqual(statuses, [201, 201, 429])
  } finally {
    await strict.close()
  }
})
