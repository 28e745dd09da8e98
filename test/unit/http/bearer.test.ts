import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ParameterizedContext } from 'koa'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { createBearer } from '../../../src/http/bearer.ts'
import { createRateLimit } from '../../../src/http/rate-limit.ts'
import type { RequestState } from '../../../src/http/request-state.ts'
import { someone } from '../access/build-access.ts'

const doctor = { ...someone(['practitioner']), accountId: 'doctor' }
const colleague = { ...someone(['practitioner']), accountId: 'colleague' }

/** One server's door: what each request finds out about its token is said by `now`, and how much each was charged is told. */
function door(presumed: Principal | undefined, scale = 0) {
  const charged: string[] = []
  const limit = createRateLimit(scale)
  let now: Principal | undefined = presumed
  const bearer = createBearer({
    base: 'https://records.example/fhir',
    callerOf: () => ({ presumed, principal: Promise.resolve(now) }),
    async rateLimit(principal, requests = 1) {
      await limit(principal, requests)
      if (requests > 0) charged.push(principal.accountId!)
    },
  })
  return {
    charged,
    standsFor: (principal: Principal | undefined) => (now = principal),
    async asks(method: string, path: string) {
      const ctx = { method, path, ip: '127.0.0.1', state: {}, get: (name: string) => headers[name] ?? '' }
      await bearer(ctx as unknown as ParameterizedContext<RequestState>)
      return (ctx as unknown as ParameterizedContext<RequestState>).state
    },
  }
}

const headers: Record<string, string> = { authorization: 'Bearer abcdefghijklmnop' }
const problem = (name: string) => (error: unknown) => error instanceof FhirError && error.problem === name

describe('a search by a token that is known from before', () => {
  test('begins for whom it stood for, and charges him once, when it is known that it is he', async () => {
    const { asks, charged } = door(doctor)
    const state = await asks('GET', '/fhir/Patient')
    assert.equal(state.caller!.principal, doctor)
    assert.deepEqual(charged, [])
    const confirmed = await state.caller!.confirm!()
    assert.equal(confirmed.principal, doctor)
    assert.deepEqual(charged, ['doctor'])
  })

  test('charges nobody when the token stands for nobody any more', async () => {
    const { asks, charged, standsFor } = door(doctor)
    standsFor(undefined)
    const state = await asks('GET', '/fhir/Patient')
    await assert.rejects(state.caller!.confirm!(), problem('expiredToken'))
    assert.deepEqual(charged, [])
    assert.equal(state.caller, undefined)
  })

  test('charges who it turns out to be, and goes on as him', async () => {
    const { asks, charged, standsFor } = door(doctor)
    standsFor(colleague)
    const state = await asks('GET', '/fhir/Patient')
    assert.equal((await state.caller!.confirm!()).principal, colleague)
    assert.deepEqual(charged, ['colleague'])
  })

  test('is not begun for whom there is no room, and is refused once it is known that it is he', async () => {
    // 6,000 times this is one request a minute.
    const { asks, charged } = door(doctor, 1 / 6_000)
    await (
      await asks('GET', '/fhir/Patient')
    ).caller!.confirm!()
    await assert.rejects(asks('GET', '/fhir/Patient'), problem('throttled'))
    assert.deepEqual(charged, ['doctor'])
  })
})

test('whatever is no search of one type waits until it is known who asks', async () => {
  const asked = [
    ['POST', '/fhir/Patient'],
    ['GET', '/fhir/Patient/1'],
    ['GET', '/fhir'],
    ['DELETE', '/fhir/Patient'],
    ['GET', '/fhir/Patient/$everything'],
  ] as const
  for (const [method, path] of asked) {
    const { asks, charged, standsFor } = door(doctor)
    standsFor(colleague)
    const { caller } = await asks(method, path)
    assert.equal(caller!.principal, colleague, `${method} ${path}`)
    assert.equal(caller!.confirm, undefined)
    assert.deepEqual(charged, ['colleague'])
  }
})
