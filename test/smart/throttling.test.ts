import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth({ rateScale: 1 })
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

const signIn = (email: string, given: string) =>
  fetch(`${server.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ email, password: given }),
    redirect: 'manual',
  })

/** What somebody does who is told to wait. */
async function patiently(email: string): Promise<Response> {
  for (;;) {
    const response = await signIn(email, password)
    if (response.status !== 429) return response
    await pause(Number(response.headers.get('retry-after')) * 1000)
  }
}

test('50 parallel guesses: few are looked at, the rest wait, and the right password works after the pause', async () => {
  const guesses = await Promise.all(
    Array.from({ length: 50 }, (_, n) => signIn('doctor@example.org', `a wrong guess number ${n}`)),
  )
  const looked = guesses.filter(({ status }) => status === 401)
  // Five at once; on a slow machine the first pauses (1, 2, 4 … seconds) pass meanwhile.
  assert.ok(looked.length >= 5 && looked.length <= 10, String(looked.length))
  const refused = guesses.filter(({ status }) => status === 429)
  assert.equal(looked.length + refused.length, 50)
  assert.ok(refused.every(({ headers }) => Number(headers.get('retry-after')) >= 1))
  assert.equal((await patiently('doctor@example.org')).status, 303)
})

test('each further failure doubles the pause, and success forgets them', async () => {
  for (let n = 0; n < 10; n++) {
    await server.database.query(`update oauth_throttle set blocked_until = now()`)
    assert.equal((await signIn('doctor@example.org', 'a wrong guess')).status, 401)
  }
  const wait = await signIn('doctor@example.org', password)
  assert.equal(wait.status, 429)
  const seconds = Number(wait.headers.get('retry-after'))
  assert.ok(seconds > 16 && seconds <= 32, String(seconds))
  await server.database.query(`update oauth_throttle set blocked_until = now()`)
  assert.equal((await signIn('doctor@example.org', password)).status, 303)
  assert.equal((await signIn('doctor@example.org', 'a wrong guess')).status, 401)
  assert.equal((await signIn('doctor@example.org', password)).status, 303)
})

test('an address without an account is slowed down like one with it', async () => {
  const statuses = []
  for (let n = 0; n < 6; n++) statuses.push((await signIn('nobody@example.org', 'a wrong guess')).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
})

test('20 registrations an hour and address', async () => {
  const register = (n: number) =>
    fetch(`${server.url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ given: 'Dora', family: 'Berg', licence: '1', email: `new${n}@example.org`, password }),
    })
  for (let n = 0; n < 20; n++) assert.equal((await register(n)).status, 202)
  const late = await register(20)
  assert.equal(late.status, 429)
  assert.ok(Number(late.headers.get('retry-after')) > 3000)
})
