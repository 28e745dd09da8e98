import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJwksCache } from '../../../src/oauth/provider/jwks-cache.ts'

const key = (kid: string) => ({ kty: 'EC', crv: 'P-384', kid, x: 'x', y: 'y' })
const uri = 'https://app.example/jwks'

function cacheOver(answer: () => { text: string; cacheControl?: string }) {
  let fetches = 0
  let time = 0
  const cache = createJwksCache({
    now: () => time,
    async fetch() {
      fetches += 1
      const { text, cacheControl } = answer()
      return { text, headers: cacheControl === undefined ? {} : { 'cache-control': cacheControl } }
    },
  })
  return {
    ...cache,
    fetches: () => fetches,
    later: (seconds: number) => (time += seconds * 1000),
    async ask(times: number, kid = 'a') {
      for (let n = 0; n < times; n++) await cache.refresh(uri, kid)
    },
  }
}

const good = JSON.stringify({ keys: [key('a')] })

test('a set that must not be kept is fetched for each assertion, 60 times a minute at most, and then not used', async () => {
  const cache = cacheOver(() => ({ text: good, cacheControl: 'no-store' }))
  await cache.ask(60)
  assert.equal(cache.fetches(), 60)
  assert.equal(cache.known(uri).length, 1)
  await cache.ask(40)
  assert.equal(cache.fetches(), 60)
  assert.equal(cache.known(uri).length, 0, 'a set of before is no longer good')
  cache.later(60)
  await cache.ask(1)
  assert.equal(cache.known(uri).length, 1)
})

test('an address that fails is asked 10 times a minute at most, and at once again when it is well', async () => {
  let down = true
  const cache = cacheOver(() => {
    if (down) throw new Error('down')
    return { text: good }
  })
  await cache.ask(100)
  assert.equal(cache.fetches(), 11)
  down = false
  cache.later(60)
  await cache.ask(5)
  assert.equal(cache.fetches(), 12)
  assert.equal(cache.known(uri).length, 1)
})

test('an unknown key is looked for 10 times a minute at most, and known ones stay good', async () => {
  const cache = cacheOver(() => ({ text: good }))
  await cache.ask(1)
  await cache.ask(50, 'nonsense')
  assert.equal(cache.fetches(), 11)
  assert.equal(cache.known(uri).length, 1)
})

test('another address has a budget of its own', async () => {
  const cache = cacheOver(() => {
    throw new Error('down')
  })
  await cache.ask(100)
  const before = cache.fetches()
  await cache.refresh('https://other.example/jwks', 'a')
  assert.equal(cache.fetches(), before + 1)
})
