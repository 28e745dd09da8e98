import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { auditEvents, type AuditEventName } from '../../src/oauth/audit-events.ts'
import { createBrowser } from '../support/browser.ts'
import {
  decideClient,
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  authorize,
  callback,
  clientKey,
  launch,
  post,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

interface Row {
  interaction: AuditEventName
  outcome: string
  status: number
  account_id: string | null
  person: string | null
  client_id: string
  ip: string | null
  detail: Record<string, unknown>
}

let server: OAuthServer
let chief: string
let chiefId: string
let doctor: { id: string; accountId: string; email: string }

before(async () => {
  server = await startOAuth({ fetchAllow: ['127.0.0.1'] })
  chief = await administratorToken(server)
  chiefId = (await server.oauth.principalOf(chief))!.accountId!
  doctor = { email: 'doctor@example.org', ...(await server.addAccount({ email: 'doctor@example.org' })) }
})

after(() => server.close())

/** Everything that must never stand in the trail, collected from what the tests were given. */
const secrets = new Set<string>([password])
const seen = new Set<string>()

async function sinceStart(): Promise<Row[]> {
  const rows = await server.database.query<{ row: Row }>('select to_jsonb(a) as row from audit a order by n')
  return rows.map(({ row }) => row)
}

/** What `act` left, found by what is expected of it. */
async function entry(interaction: AuditEventName, act: () => Promise<unknown>): Promise<Row> {
  const before = (await sinceStart()).length
  await act()
  const rows = (await sinceStart()).slice(before).filter((row) => row.interaction === interaction)
  assert.equal(rows.length, 1, `${interaction}: ${JSON.stringify(rows)}`)
  seen.add(interaction)
  const [row] = rows
  const { type, subtype } = row!.detail
  assert.deepEqual({ type, subtype }, auditEvents[interaction])
  return row!
}

function keep<Answer extends { body: object }>(answer: Answer): Answer {
  const names = ['access_token', 'refresh_token', 'id_token', 'client_secret', 'registration_access_token']
  for (const [name, value] of Object.entries(answer.body)) if (names.includes(name)) secrets.add(String(value))
  return answer
}

const house = () => ({ client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
const offline = { scope: 'openid offline_access user/*.rs' }
const open = { redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'Chart' }
const asChief = () => ({ authorization: `Bearer ${chief}` })

async function call(method: string, path: string, body?: object, headers: Record<string, string> = asChief()) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, string> }
}

async function codeFor(given: Record<string, string> = {}) {
  const request = authorizationRequest(server, { ...house(), ...given })
  const page = await authorize(server, request, doctor)
  secrets.add(page.url.searchParams.get('code')!)
  secrets.add(request.verifier)
  return { request, page }
}

describe('a sign-in', () => {
  test('that succeeds names the person and the app', async () => {
    const row = await entry('login', () => authorize(server, authorizationRequest(server, house()), doctor))
    assert.deepEqual(
      [row.outcome, row.account_id, row.person, row.client_id],
      ['success', doctor.accountId, `Practitioner/${doctor.id}`, 'chartshare-web'],
    )
    assert.match(row.ip!, /127\.0\.0\.1|::1/)
  })

  test('that fails is there, for an address that nobody has as well', async () => {
    for (const email of [doctor.email, 'nobody@example.org']) {
      secrets.add('a wrong password')
      const form = { email, password: 'a wrong password' }
      const row = await entry('login', () =>
        post(`${server.url}/login`, form, { accept: 'application/json' }).catch(() => 0),
      )
      assert.deepEqual([row.outcome, row.status], ['refused', 401])
    }
  })

  test('at the page of a registration counts as one', async () => {
    const send = (given: string) => () =>
      fetch(`${server.url}/status`, {
        method: 'POST',
        body: new URLSearchParams({ email: doctor.email, password: given }),
      })
    assert.equal((await entry('login', send(password))).outcome, 'success')
    assert.equal((await entry('login', send('a wrong password'))).outcome, 'refused')
  })

  test('ends with a sign-out', async () => {
    const browser = createBrowser(server.url)
    await launch(server, doctor, {}, browser)
    const page = await browser.open('/auth/session/end?client_id=chartshare-web')
    const [form] = page.forms
    const xsrf = form!.controls.find(({ name }) => name === 'xsrf')!.value
    const body = new URLSearchParams({ xsrf, logout: 'yes' })
    const row = await entry('logout', () => browser.request(new URL(form!.action), { method: 'POST', body }))
    assert.equal(row.account_id, doctor.accountId)
  })
})

describe('what a person does with codes from a mail or from paper', () => {
  test('is there, also when the code is made up', async () => {
    const refused = (path: string, form: Record<string, string>) => () =>
      fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
    const words = { password: 'a lantern over the sea', again: 'a lantern over the sea' }
    secrets.add(words.password)
    const activation = { ...words, code: 'MADEUPCODE22', email: 'new@example.org', birthdate: '1990-01-01' }
    assert.equal((await entry('activate', refused('/activate', activation))).outcome, 'refused')
    await fetch(`${server.url}/forgot`, { method: 'POST', body: new URLSearchParams({ email: doctor.email }) })
    const mail = server.mails.find(({ to, text }) => to === doctor.email && text.includes('/reset'))!
    const link = /https?:\S+\/reset\S+/.exec(mail.text)![0]
    secrets.add(new URL(link).searchParams.get('code') ?? link)
    const page = await createBrowser(server.url).open(link)
    const row = await entry('password-reset', () => page.submit({ password, password2: password }))
    assert.equal(row.outcome, 'success')
    const fresh = await startOAuth()
    try {
      const { setupLink } = await fresh.oauth.bootstrapAdministrator(undefined)
      const setup = await createBrowser(fresh.url).open(setupLink!)
      await setup.submit({ given: 'Chia', family: 'Lund', email: 'chia@example.org', password })
      const rows = await fresh.database.query<Row>(`select * from audit where interaction = 'setup'`)
      assert.deepEqual(
        rows.map(({ outcome }) => outcome),
        ['success'],
      )
      seen.add('setup')
    } finally {
      await fresh.close()
    }
  })
})

describe('an authorization request', () => {
  test('that is granted tells the scopes', async () => {
    const row = await entry('authorize', () => codeFor({ scope: 'openid user/Patient.rs' }))
    assert.deepEqual(
      [row.outcome, row.account_id, row.client_id, row.detail.scope],
      ['success', doctor.accountId, 'chartshare-web', 'openid user/Patient.rs'],
    )
  })

  test('that the person refuses is there', async () => {
    const row = await entry('authorize', () =>
      authorize(server, authorizationRequest(server, house()), { ...doctor, button: 'deny' }),
    )
    assert.deepEqual([row.outcome, row.detail.error], ['refused', 'access_denied'])
  })

  const cases: [string, Record<string, string | undefined>, string][] = [
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['for another server', { aud: 'https://elsewhere.example/fhir' }, 'invalid_request'],
    ['for another resource', { resource: 'https://elsewhere.example/fhir' }, 'invalid_target'],
    ['for scopes that nobody gets', { scope: 'nonsense' }, 'invalid_scope'],
    ['to an address that is not registered', { redirect_uri: 'https://elsewhere.example/' }, 'invalid_redirect_uri'],
    ['of an app that nobody knows', { client_id: 'nobody' }, 'invalid_client'],
  ]
  for (const [what, change, error] of cases) {
    test(`${what} is there with its error`, async () => {
      const request = authorizationRequest(server, { ...house(), ...change })
      const row = await entry('authorize', () => fetch(authorizationUrl(server, request), { redirect: 'manual' }))
      assert.deepEqual([row.outcome, row.detail.error], ['refused', error])
      assert.equal(row.client_id, change.client_id ? 'unknown' : 'chartshare-web')
      assert.equal(row.detail.claimed, change.client_id)
    })
  }

  test('of an app that waits is there', async () => {
    const { body } = keep(await register(server, open))
    const request = authorizationRequest(server, { client_id: body.client_id })
    const row = await entry('authorize', () => fetch(authorizationUrl(server, request), { redirect: 'manual' }))
    assert.deepEqual([row.outcome, row.status], ['refused', 403])
  })

  test('can be an EHR launch, which is there from its beginning', async () => {
    const { body } = keep(await launch(server, doctor, { scope: 'openid user/*.cruds' }))
    const headers = { authorization: `Bearer ${body.access_token}` }
    const row = await entry('launch', async () => {
      const answer = await call('POST', '/auth/launch', { client_id: 'chartshare-web', patient: 'anna' }, headers)
      secrets.add(answer.body.launch!)
    })
    assert.deepEqual([row.account_id, row.detail.patient], [doctor.accountId, 'Patient/anna'])
    const wrong = { client_id: 'nobody', patient: 'anna' }
    assert.equal((await entry('launch', () => call('POST', '/auth/launch', wrong, headers))).outcome, 'refused')
  })
})

describe('at the token endpoint', () => {
  test('the code’s use is there, and every refusal of one', async () => {
    const { request, page } = await codeFor()
    const row = await entry('token-code', async () => keep(await redeem(server, request, page)))
    assert.deepEqual(
      [row.outcome, row.account_id, row.person, row.client_id],
      ['success', doctor.accountId, `Practitioner/${doctor.id}`, 'chartshare-web'],
    )
    // By now the code is gone; the grant that its replay ended names whose it was.
    const again = await entry('token-code', () => redeem(server, request, page))
    assert.deepEqual(
      [again.outcome, again.detail.error, again.detail.ended],
      ['refused', 'invalid_grant', row.detail.grant],
    )
    assert.equal(typeof again.detail.ended, 'string')
    const wrong = { ...request, verifier: 'x'.repeat(43) }
    const other = await codeFor()
    assert.equal((await entry('token-code', () => redeem(server, wrong, other.page))).detail.error, 'invalid_grant')
  })

  test('a refresh is there, and the reuse of its token', async () => {
    const { body } = keep(await launch(server, doctor, offline))
    const refresh = () =>
      token(server, { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'chartshare-web' })
    const row = await entry('token-refresh', async () => keep(await refresh()))
    assert.deepEqual([row.outcome, row.account_id], ['success', doctor.accountId])
    const reused = await entry('token-refresh', refresh)
    assert.deepEqual(
      [reused.outcome, reused.detail.error, reused.account_id],
      ['refused', 'invalid_grant', doctor.accountId],
    )
    assert.match(String(reused.detail.reason), /used|consumed|revoked/i)
  })

  test('a backend service’s token is there, and its refusals', async () => {
    let clientId = ''
    const key = await clientKey(server, () => clientId)
    const metadata = {
      ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', scope: 'system/*.rs' },
      jwks: { keys: [key.publicJwk] },
    }
    clientId = (await register(server, metadata, chief)).body.client_id
    const form = { grant_type: 'client_credentials', scope: 'system/*.rs', ...(await key.assertion()) }
    secrets.add((form as Record<string, string>).client_assertion!)
    const row = await entry('token-client', async () => keep(await token(server, form)))
    assert.deepEqual([row.outcome, row.client_id, row.detail.scope], ['success', clientId, 'system/*.rs'])
    const replay = await entry('token-client', () => token(server, form))
    assert.deepEqual([replay.outcome, replay.client_id, replay.detail.error], ['refused', clientId, 'invalid_client'])
  })

  test('a secret that is wrong, a client that nobody knows and a grant type that is not ours are there', async () => {
    const { body } = keep(await register(server, { ...open, token_endpoint_auth_method: 'client_secret_basic' }, chief))
    const basic = (id: string) => ({ authorization: `Basic ${Buffer.from(`${id}:a wrong secret`).toString('base64')}` })
    secrets.add('a wrong secret')
    const refresh = { grant_type: 'refresh_token', refresh_token: 'made-up token' }
    secrets.add('made-up token')
    const wrong = await entry('token-refresh', () => token(server, refresh, basic(body.client_id)))
    assert.deepEqual([wrong.client_id, wrong.detail.error], [body.client_id, 'invalid_client'])
    const unknown = await entry('token-refresh', () => token(server, refresh, basic('nobody')))
    assert.deepEqual([unknown.client_id, unknown.detail.claimed], ['unknown', 'nobody'])
    await entry('token-other', () => token(server, { grant_type: 'password', username: 'a', password }))
    const large = { ...refresh, padding: 'x'.repeat(100_000) }
    assert.equal((await entry('token-other', () => token(server, large))).status, 413)
  })
})

describe('the end of what was allowed', () => {
  test('is there when the app revokes its token, and when it may not', async () => {
    const { body } = keep(await launch(server, doctor, offline))
    const revoke = (client_id: string) => () =>
      fetch(`${server.url}/auth/token/revocation`, {
        method: 'POST',
        body: new URLSearchParams({ token: body.refresh_token, client_id }),
      })
    assert.equal((await entry('revoke-token', revoke('nobody'))).outcome, 'refused')
    const row = await entry('revoke-token', revoke('chartshare-web'))
    assert.deepEqual([row.outcome, row.client_id, row.account_id], ['success', 'chartshare-web', doctor.accountId])
  })

  test('is there when the person ends it, and when an administrator does', async () => {
    const { body } = keep(await launch(server, doctor, offline))
    const mine = { authorization: `Bearer ${body.access_token}` }
    const list = async (query = '', headers: Record<string, string> = mine) =>
      (await call('GET', `/auth/connections${query}`, undefined, headers)).body as unknown as { id: string }[]
    const person = `Practitioner/${doctor.id}`
    assert.deepEqual(await list(`?person=${person}`, asChief()), await list())
    assert.equal((await call('GET', `/auth/connections?person=Practitioner/x`, undefined, mine)).status, 403)
    const [first, second] = await list()
    const byChief = await entry('revoke-grant', () => call('DELETE', `/auth/connections/${second!.id}`))
    assert.deepEqual([byChief.account_id, byChief.detail.of], [chiefId, doctor.accountId])
    const own = await entry('revoke-grant', () => call('DELETE', `/auth/connections/${first!.id}`, undefined, mine))
    assert.deepEqual([own.account_id, own.detail.client], [doctor.accountId, 'chartshare-web'])
    const another = keep(await launch(server, doctor, offline))
    const all = await entry('revoke-person', () => call('DELETE', `/auth/connections?person=${person}`))
    assert.deepEqual([all.account_id, all.detail.of], [chiefId, doctor.accountId])
    assert.equal(await server.oauth.principalOf(another.body.access_token), undefined)
    assert.deepEqual(await list(`?person=${person}`, asChief()), [])
    assert.equal((await call('DELETE', '/auth/connections?person=Practitioner/nobody')).status, 404)
    assert.equal((await call('DELETE', '/auth/connections')).status, 400)
  })

  test('and a question about a token that was refused are there', async () => {
    const ask = (headers: Record<string, string>) => () =>
      post(`${server.url}/auth/token/introspection`, { token: 'made-up token' }, headers)
    assert.equal((await entry('introspect', ask({ authorization: 'Bearer made-up' }))).status, 401)
    const basic = Buffer.from('nobody:a wrong secret').toString('base64')
    assert.equal((await entry('introspect', ask({ authorization: `Basic ${basic}` }))).detail.claimed, 'nobody')
  })
})

test('what becomes of an app is there, with who did it', async () => {
  const secret = { ...open, token_endpoint_auth_method: 'client_secret_basic' }
  let app: Record<string, string> = {}
  const registered = await entry('client-register', async () => (app = keep(await register(server, secret)).body))
  assert.deepEqual([registered.detail.client, registered.detail.approval], [app.client_id, 'waiting'])
  assert.equal((await entry('client-register', () => register(server, { redirect_uris: [] }))).outcome, 'refused')
  const path = `/auth/clients/${app.client_id}`
  const decide = (change: Record<string, unknown>) => () => decideClient(server, chief, app.client_id!, change)
  const approved = await entry('client-approve', decide({ approval: 'granted' }))
  assert.deepEqual([approved.account_id, approved.detail.client], [chiefId, app.client_id])
  assert.equal((await entry('client-scope', decide({ scope: 'openid user/*.rs' }))).detail.scope, 'openid user/*.rs')
  await entry('client-suspend', decide({ approval: 'suspended' }))
  await entry('client-wait', decide({ approval: 'waiting' }))
  const rotated = await entry('client-secret', async () => keep(await call('POST', `${path}/secret`)))
  assert.deepEqual([rotated.outcome, rotated.status], ['success', 200])
  assert.equal((await entry('client-refused', decide({ approval: 'maybe' }))).account_id, chiefId)
  const manage = (method: string, body?: object, bearer = app.registration_access_token!) =>
    call(method, new URL(app.registration_client_uri!).pathname, body, { authorization: `Bearer ${bearer}` })
  const updated = await entry('client-update', async () => {
    app = { ...app, ...keep(await manage('PUT', { client_id: app.client_id, ...secret, client_name: 'Another' })).body }
  })
  assert.deepEqual([updated.outcome, updated.client_id], ['success', app.client_id])
  assert.equal((await entry('client-read', () => manage('GET', undefined, 'made-up'))).outcome, 'refused')
  assert.equal((await entry('client-delete', () => manage('DELETE'))).client_id, app.client_id)
  const other = keep(await register(server, open))
  const removed = await entry('client-delete', () => call('DELETE', `/auth/clients/${other.body.client_id}`))
  assert.deepEqual([removed.account_id, removed.detail.client], [chiefId, other.body.client_id])
})

/** Provoked where second factors, sessions, addresses, signing keys, limits and what goes by itself are tested. */
const elsewhere: readonly string[] = [
  ...['factor-add', 'factor-rename', 'factor-remove', 'recovery-codes', 'session-end'],
  ...['address-ask', 'address-change', 'address-cancel', 'login-begin', 'client-expire', 'verify'],
  ...['keys-rotate', 'keys-remove', 'throttled', 'password-change', 'account-reset'],
]

test('every kind of event was provoked above', () => {
  const missing = Object.keys(auditEvents).filter((name) => !seen.has(name) && !elsewhere.includes(name))
  assert.deepEqual(missing, [])
})

test('no password, code, token or secret stands in any row', async () => {
  const trail = JSON.stringify(await sinceStart())
  secrets.add(chief)
  assert.ok(secrets.size > 20, String(secrets.size))
  for (const secret of secrets) assert.ok(!trail.includes(secret), secret)
})
