import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { createSignInFailures } from '../../src/oauth/accounts/sign-in-failures.ts'
import { createThrottle } from '../../src/oauth/accounts/throttle.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

/** Of 6,000 requests a minute of a client 12 are left, of 12,000 from a network 24. */
const scale = 0.002

let server: OAuthServer
let slow: OAuthServer

before(async () => {
  server = await startOAuth({ rateScale: scale })
  slow = await startOAuth({ rateScale: 1 })
  for (const email of ['one@example.org', 'two@example.org']) await slow.addAccount({ email })
})

after(async () => {
  await server.close()
  await slow.close()
})

/** Loopback has many addresses. */
async function ask(from: string, clientId: string, path = '/auth/token') {
  const form = { grant_type: 'authorization_code', client_id: clientId, code: 'x', redirect_uri: 'https://a.example/' }
  const body = new URLSearchParams(path.endsWith('introspection') ? { token: 'x', client_id: clientId } : form)
  return new Promise<{ status: number; retryAfter: number; error: string }>((resolve, reject) => {
    const { hostname, port, host } = new URL(server.address)
    const headers = { host, 'content-type': 'application/x-www-form-urlencoded' }
    const asked = request(
      { hostname, port, path, method: 'POST', localAddress: from, family: 4, headers },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => {
          const { error } = JSON.parse(text) as { error: string }
          resolve({ status: answer.statusCode!, retryAfter: Number(answer.headers['retry-after']), error })
        })
      },
    )
    asked.on('error', reject).end(body.toString())
  })
}

const trail = (interaction: string) =>
  server.database.query<{ ip: string; status: number }>(
    `select ip, status from audit where interaction = $1 and status = 429`,
    [interaction],
  )

test('a client is asked to wait where it asked too often, others are not, and nobody does so in its name elsewhere', async () => {
  for (let n = 0; n < 12; n++) assert.equal((await ask('127.0.0.1', 'chartshare-web')).status, 400)
  const refused = await ask('127.0.0.1', 'chartshare-web')
  assert.deepEqual([refused.status, refused.error], [429, 'temporarily_unavailable'])
  assert.ok(refused.retryAfter >= 1 && refused.retryAfter <= 60)
  assert.equal((await ask('127.0.0.1', 'another')).status, 401)
  assert.equal((await ask('127.0.0.2', 'chartshare-web')).status, 400)
  assert.equal((await trail('token-code')).length, 1)
})

test('a network is asked to wait at all endpoints that programs call, which leaves one row; another one is served', async () => {
  const answers = []
  for (let n = 0; n < 30; n++) answers.push(await ask('127.0.0.3', `app-${n}`))
  assert.equal(answers.filter(({ status }) => status === 401).length, 24)
  for (const { status, retryAfter } of answers.slice(24)) assert.ok(status === 429 && retryAfter >= 1)
  assert.equal((await ask('127.0.0.3', 'any', '/auth/token/introspection')).status, 429)
  assert.deepEqual(await trail('throttled'), [{ ip: '127.0.0.3', status: 429 }])
  assert.equal((await ask('127.0.0.4', 'any')).status, 401)
})

test('failed sign-ins at many accounts are counted by network, on all processes, and those that succeed do not count', async () => {
  const failures = () => createSignInFailures({ throttle: createThrottle({ database: slow.database, scale: 0.1 }) })
  const [here, there] = [failures(), failures()]
  const ip = '198.51.100.7'
  for (let n = 0; n < 30; n++) {
    assert.equal((await here.attempt(ip)).admitted, true)
    await there.forgive(ip)
  }
  const verdicts = await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 2 ? here : there).attempt(ip)))
  assert.equal(verdicts.filter(({ admitted }) => admitted).length, 10)
  assert.ok(verdicts.every(({ admitted, seconds }) => admitted || (seconds > 0 && seconds <= 900)))
  assert.equal((await here.attempt('198.51.100.8')).admitted, true)
})

test('who guesses at many accounts is asked to wait for all of them, and not for ever', async () => {
  const signIn = (email: string, given: string) => {
    const body = new URLSearchParams({ email, password: given })
    return fetch(`${slow.url}/login`, { method: 'POST', body, redirect: 'manual' })
  }
  assert.equal((await signIn('one@example.org', 'a wrong guess')).status, 401)
  assert.equal((await signIn('two@example.org', password)).status, 303)
  const key = createHash('sha256').update('sign-in failures\u001f127.0.0.1').digest()
  const set = (assignment: string) =>
    slow.database.query(`update oauth_throttle set ${assignment} where key = $1 returning count`, [key])
  assert.equal((await set('count = 100')).length, 1)
  const refused = await signIn('two@example.org', password)
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers.get('retry-after')) <= 900)
  const rows = await slow.database.query(`select from audit where interaction = 'login' and status = 429`)
  assert.equal(rows.length, 1)
  await set('resets_at = now()')
  assert.equal((await signIn('two@example.org', password)).status, 303)
})
