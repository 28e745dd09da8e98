import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Grant } from '../../src/store/store.ts'
import { openStore, type TestStore } from './open-store.ts'

let opened: TestStore
before(async () => {
  opened = await openStore()
})
after(() => opened.close())

const grant: Grant = {
  grantee: 1n,
  pat: 2n,
  type: '',
  rid: 0n,
  effect: 'permit',
  starts: 0,
  ends: 9,
  labels: 3,
  obligations: 0,
  purposes: 0,
  nested: false,
  excepted: false,
}
const stored = (consent: bigint) =>
  opened.store.query<{ grantee: bigint; effect: number; ver: number }>(
    'select grantee, effect, ver from access_grant where consent = $1 order by grantee',
    [consent],
  )

test('the grants of a Consent are replaced as a whole, in one round trip, and no others are touched', async () => {
  const { grants } = opened.store
  await grants.replace(10n, 1, [grant, { ...grant, grantee: 5n }])
  await grants.replace(11n, 1, [grant])
  const denial: Grant = { ...grant, grantee: 7n, effect: 'deny' }
  assert.equal(await opened.trips(() => grants.replace(10n, 2, [denial])), 1)
  assert.deepEqual(await stored(10n), [{ grantee: 7n, effect: -1, ver: 2 }])
  assert.equal((await stored(11n)).length, 1)
})

test('a Consent that ends has no grants', async () => {
  await opened.store.grants.replace(12n, 1, [grant])
  await opened.store.grants.replace(12n, 2, [])
  assert.deepEqual(await stored(12n), [])
})
