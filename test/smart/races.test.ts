import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAdapter } from '../../src/oauth/provider/adapter.ts'
import { createJwksCache } from '../../src/oauth/provider/jwks-cache.ts'
import {
  administratorToken,
  authorizationRequest,
  authorize,
  clientKey,
  fhir,
  launch,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

const house = () => ({ client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })

/** Connections that are open already let requests meet each other in the database. */
function openConnections(): Promise<unknown> {
  return Promise.all(Array.from({ length: 20 }, () => server.database.query('select pg_sleep(0.2)')))
}

test('20 parallel redemptions of one code give one token, and the replay kills it', async () => {
  await openConnections()
  for (let round = 0; round < 3; round++) {
    const request = authorizationRequest(server, house())
    const page = await authorize(server, request, { email: 'doctor@example.org' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(server, request, page)))
    const winners = answers.filter(({ status }) => status === 200)
    assert.equal(winners.length, 1)
    for (const { status, body } of answers.filter((answer) => !winners.includes(answer))) {
      assert.equal(status, 400)
      assert.equal(body.error, 'invalid_grant')
    }
    assert.equal(await fhir(server, winners[0]!.body.access_token), 401)
  }
})

test('of 20 who found a code unused at the same time, one uses it, and the grant ends for the others’ sake', async () => {
  const { accountId } = await server.addAccount({ email: 'same-time@example.org' })
  const adapterFor = createAdapter({
    database: server.database,
    jwks: createJwksCache({ fetch: () => Promise.reject(new Error('not fetched')) }),
  })
  const codes = adapterFor('AuthorizationCode')
  await codes.upsert('a code', { grantId: 'a grant', accountId, clientId: 'chartshare-web' }, 60)
  await server.database.query(
    `insert into smart_grant (grant_id, account_id, client_id, scope, ends_at) values ('a grant', $1, 'chartshare-web', '', now() + interval '1 h')`,
    [accountId],
  )
  const found = await Promise.all(Array.from({ length: 20 }, () => codes.find('a code')))
  assert.ok(found.every((code) => code && code.consumed === undefined))
  const outcomes = await Promise.allSettled(found.map(() => codes.consume('a code')))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await server.database.query(`select from smart_grant where grant_id = 'a grant'`)).length, 0)
  const uses = adapterFor('ReplayDetection')
  const stored = await Promise.allSettled(Array.from({ length: 20 }, () => uses.upsert('a jti', { iss: 'app' }, 60)))
  assert.equal(stored.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('20 parallel uses of one assertion give one token', async () => {
  const chief = await administratorToken(server)
  let clientId = ''
  const key = await clientKey(server, () => clientId)
  const { body } = await register(
    server,
    {
      grant_types: ['client_credentials'],
      scope: 'system/*.rs',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
    },
    chief,
  )
  clientId = body.client_id
  const assertion = await key.assertion()
  const form = { grant_type: 'client_credentials', scope: 'system/*.rs', ...assertion }
  const answers = await Promise.all(Array.from({ length: 20 }, () => token(server, form)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.ok(
    answers
      .filter(({ status }) => status !== 200)
      .every(({ status, body }) => status === 401 && body.error === 'invalid_client'),
  )
})

test('a refresh token works once: its reuse, even in parallel, ends the whole family', async () => {
  const { body } = await launch(server, { email: 'doctor@example.org' }, { scope: 'openid offline_access user/*.rs' })
  const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'chartshare-web' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => token(server, refresh)))
  const winners = answers.filter(({ status }) => status === 200)
  assert.equal(winners.length, 1)
  assert.equal(await fhir(server, winners[0]!.body.access_token), 401)
  assert.equal(await fhir(server, body.access_token), 401)
  const next = await token(server, { ...refresh, refresh_token: winners[0]!.body.refresh_token })
  assert.equal(next.status, 400)
})
