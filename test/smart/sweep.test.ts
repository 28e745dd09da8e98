import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  administratorToken,
  authorizationRequest,
  authorizationUrl,
  callback,
  decideClient,
  launch,
  register,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string

before(async () => {
  server = await startOAuth({ rateScale: 1_000 })
  chief = await administratorToken(server)
})

after(() => server.close())

const app = { redirect_uris: [callback], token_endpoint_auth_method: 'none' }

/** Every table of the authorization server that knows when its rows end, and the column. */
async function endingTables(): Promise<{ table: string; column: string }[]> {
  return server.database.query(
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = current_schema() and table_name ~ '^(oauth|oidc|smart)_' and column_name in ('expires_at', 'ends_at', 'resets_at')
     order by 1`,
  )
}

test('what is over leaves every table that knows an end', async () => {
  await launch(server, { email: 'chief@example.org' }, { scope: 'openid offline_access user/*.rs' })
  const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
  await fetch(authorizationUrl(server, request))
  await fetch(`${server.url}/auth/launch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${chief}` },
    body: JSON.stringify({ client_id: 'chartshare-web', patient: 'anna' }),
  })
  await fetch(`${server.url}/forgot`, { method: 'POST', body: new URLSearchParams({ email: 'chief@example.org' }) })
  await register(server, app)
  const tables = await endingTables()
  assert.ok(tables.length >= 5, JSON.stringify(tables))
  const counts = async () => {
    const all = tables.map(async ({ table, column }) => {
      const [row] = await server.database.query<{ n: number }>(
        `select count(*)::int as n from ${table} where ${column} is not null`,
      )
      return [table, row!.n] as const
    })
    return Object.fromEntries(await Promise.all(all))
  }
  const before = await counts()
  for (const table of ['oidc_payload', 'smart_grant', 'smart_launch', 'oauth_code', 'oauth_throttle']) {
    assert.ok(before[table]! > 0, table)
  }
  for (const { table, column } of tables) {
    await server.database.query(
      `update ${table} set ${column} = now() - interval '60 days' where ${column} is not null`,
    )
  }
  await server.database.query(`update oauth_throttle set blocked_until = now() - interval '1 day'`)
  await server.oauth.sweep()
  assert.deepEqual(await counts(), Object.fromEntries(tables.map(({ table }) => [table, 0])))
})

test('registrations that nobody approved are gone after 30 days, with their tokens; whom somebody approved once stays', async () => {
  const [untouched, approved, young] = await Promise.all([1, 2, 3].map(async () => (await register(server, app)).body))
  const token = await administratorToken(server, 'second@example.org')
  const decide = (id: string, approval: string) => decideClient(server, token, id, { approval })
  assert.equal((await decide(approved!.client_id, 'granted')).status, 200)
  assert.equal((await decide(approved!.client_id, 'waiting')).status, 200)
  await server.database.query(
    `update oidc_payload set payload = payload || jsonb_build_object('client_id_issued_at',
       extract(epoch from now())::bigint - 31 * 86400) where model = 'Client' and id = any ($1)`,
    [[untouched!.client_id, approved!.client_id]],
  )
  await server.oauth.sweep()
  const rows = await server.database.query<{ model: string; client: string }>(
    `select model, coalesce(client_id, id) as client from oidc_payload
     where (model = 'Client' and id = any ($1)) or client_id = any ($1) order by 1`,
    [[untouched, approved, young].map((one) => one!.client_id)],
  )
  const left = (model: string) => new Set(rows.filter((row) => row.model === model).map(({ client }) => client))
  const expected = new Set([approved!.client_id, young!.client_id])
  assert.deepEqual(left('Client'), expected)
  assert.deepEqual(left('RegistrationAccessToken'), expected)
})

test('of several processes one does it in an hour', async () => {
  const old = `insert into oidc_payload (model, id, payload, expires_at) values ('AccessToken', 'old', '{}', now() - interval '1 s')`
  const isThere = async () => (await server.database.query(`select from oidc_payload where id = 'old'`)).length === 1
  await server.database.query(old)
  await Promise.all(Array.from({ length: 5 }, () => server.oauth.sweepWhenDue()))
  assert.equal(await isThere(), false)
  await server.database.query(old)
  await server.oauth.sweepWhenDue()
  assert.equal(await isThere(), true)
  await server.database.query(
    `update install set value = convert_to((extract(epoch from now()) - 3601)::text, 'UTF8') where name = 'oauth-swept'`,
  )
  await server.oauth.sweepWhenDue()
  assert.equal(await isThere(), false)
})
