import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { hash } from '@node-rs/argon2'
import { openDatabase } from '../../src/store/open-database.ts'
import { authorizationRequest, authorize, clientKey, type Person, redeem, register } from '../smart/app.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import {
  administrator,
  freePort,
  newDataFolder,
  type ServerProcess,
  startServerProcess,
} from '../support/server-process.ts'

/** Two servers behind one address, as a load balancer would have them: what one did, the other knows. */
const { folder, remove } = newDataFolder()
const agent = new Agent({ keepAlive: true })
let fresh: TestDatabase
let servers: ServerProcess[] = []
let ports: number[] = []
let place: { url: string; fhir: string }

before(async () => {
  fresh = await freshDatabase()
  ports = [await freePort(), await freePort()]
  const url = `http://localhost:${ports[0]}`
  place = { url, fhir: `${url}/fhir` }
  for (const port of ports) {
    servers.push(await startServerProcess(folder, port, { DATABASE_URL: fresh.url, PUBLIC_URL: url }))
  }
})

after(async () => {
  agent.destroy()
  for (const { child } of servers) child.kill('SIGTERM')
  await Promise.all(servers.map(({ ended }) => ended))
  servers = []
  await fresh.drop()
  remove()
})

interface Answer {
  status: number
  body: Record<string, string>
}

/** To one of the two, under the address that both have. */
function send(
  which: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<Answer> {
  const host = new URL(place.url).host
  return new Promise((resolve, reject) => {
    const options = { host: 'localhost', port: ports[which], method, path, agent, headers: { ...headers, host } }
    httpRequest(options, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: (text ? JSON.parse(text) : {}) as Answer['body'] }),
      )
    })
      .on('error', reject)
      .end(body)
  })
}

function token(which: number, form: Record<string, string>): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return send(which, 'POST', '/auth/token', headers, new URLSearchParams(form).toString())
}

const everywhere = (form: Record<string, string>) =>
  Promise.all(Array.from({ length: 50 }, (_one, n) => token(n % 2, form)))

/** How both answer a FHIR request with the token. */
const read = async (accessToken: string) =>
  Promise.all(
    [0, 1].map(async (which) => {
      const headers = { authorization: `Bearer ${accessToken}` }
      return (await send(which, 'GET', '/fhir/Patient?_count=1', headers)).status
    }),
  )

async function codeOf(person: Person, scope: string) {
  const given = { client_id: 'chartshare-web', redirect_uri: `${place.url}/app`, scope }
  const request = authorizationRequest(place, given)
  return { request, page: await authorize(place, request, person) }
}

async function tokenOf(person: Person, scope: string) {
  const { request, page } = await codeOf(person, scope)
  return (await redeem(place, request, page)).body
}

test('50 redemptions of one code at both: one token, and it is dead', async () => {
  const { request, page } = await codeOf(administrator, 'openid user/*.rs')
  const answers = await everywhere({
    ...{ grant_type: 'authorization_code', code: page.url.searchParams.get('code')!, client_id: 'chartshare-web' },
    ...{ redirect_uri: `${place.url}/app`, code_verifier: request.verifier },
  })
  const winners = answers.filter(({ status }) => status === 200)
  assert.equal(winners.length, 1)
  for (const { status, body } of answers.filter((one) => one !== winners[0])) {
    assert.deepEqual([status, body.error], [400, 'invalid_grant'])
  }
  assert.deepEqual(await read(winners[0]!.body.access_token!), [401, 401])
})

test('50 uses of one refresh token at both: one answer, and the family is dead', async () => {
  const first = await tokenOf(administrator, 'openid offline_access user/*.rs')
  assert.deepEqual(await read(first.access_token), [200, 200])
  const form = { grant_type: 'refresh_token', client_id: 'chartshare-web' }
  const answers = await everywhere({ ...form, refresh_token: first.refresh_token })
  const winners = answers.filter(({ status }) => status === 200)
  assert.equal(winners.length, 1)
  assert.ok(answers.every(({ status, body }) => status === 200 || body.error === 'invalid_grant'))
  const { access_token: access, refresh_token: refresh } = winners[0]!.body
  assert.deepEqual(await read(access!), [401, 401])
  assert.deepEqual(await read(first.access_token), [401, 401])
  for (const which of [0, 1]) assert.equal((await token(which, { ...form, refresh_token: refresh! })).status, 400)
})

test('50 uses of one assertion at both: one token', async () => {
  const { access_token: chief } = await tokenOf(administrator, 'openid user/*.cruds')
  let clientId = ''
  const key = await clientKey(place, () => clientId)
  const metadata = {
    ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', scope: 'system/*.rs' },
    jwks: { keys: [key.publicJwk] },
  }
  clientId = (await register(place, metadata, chief)).body.client_id
  const ask = async () => ({ grant_type: 'client_credentials', scope: 'system/*.rs', ...(await key.assertion()) })
  const answers = await everywhere(await ask())
  const winners = answers.filter(({ status }) => status === 200)
  assert.equal(winners.length, 1)
  assert.ok(answers.every(({ status, body }) => status === 200 || (status === 401 && body.error === 'invalid_client')))
  assert.deepEqual(await read(winners[0]!.body.access_token!), [200, 200])

  const headers = { authorization: `Bearer ${chief}` }
  const suspended = await send(0, 'PATCH', `/auth/clients/${clientId}`, headers, '{"approval":"suspended"}')
  assert.equal(suspended.status, 200)
  assert.deepEqual(await read(winners[0]!.body.access_token!), [401, 401])
  assert.equal((await token(1, await ask())).body.error, 'unauthorized_client')
})

test('a suspension at one is felt at the other at the next request', async () => {
  const { access_token: chief } = await tokenOf(administrator, 'openid user/*.cruds')
  const headers = { authorization: `Bearer ${chief}`, 'content-type': 'application/fhir+json' }
  const practitioner = { resourceType: 'Practitioner', active: true, name: [{ family: 'Dahl' }] }
  const { body } = await send(0, 'POST', '/fhir/Practitioner', headers, JSON.stringify(practitioner))
  const person = { email: 'dahl@example.org', password: 'a lantern over the harbour' }
  await addAccount(body.id!, person)
  const doctor = await tokenOf(person, 'openid offline_access user/*.rs')
  assert.deepEqual(await read(doctor.access_token), [200, 200])
  const stopped = JSON.stringify({ ...practitioner, id: body.id, active: false })
  assert.equal((await send(0, 'PUT', `/fhir/Practitioner/${body.id}`, headers, stopped)).status, 200)
  assert.deepEqual((await read(doctor.access_token)).reverse(), [401, 401])
  const refresh = { grant_type: 'refresh_token', refresh_token: doctor.refresh_token, client_id: 'chartshare-web' }
  assert.equal((await token(1, refresh)).body.error, 'invalid_grant')
})

async function addAccount(practitionerId: string, { email, password }: { email: string; password: string }) {
  const database = openDatabase({ connection: fresh.url, pool: 1 })
  try {
    await database.query(
      `insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
       select gen_random_uuid(), $2, $3, 'verified', '{practitioner}', 'Practitioner', id, rid from practitioner_v where id = $1`,
      [practitionerId, email, await hash(password)],
    )
  } finally {
    await database.close()
  }
}
