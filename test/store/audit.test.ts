import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openDatabase } from '../../src/store/open-database.ts'
import { aCreate, aDelete, anAuditRow, anUpdate, openStore, type TestStore } from './open-store.ts'

let opened: TestStore
before(async () => {
  opened = await openStore()
})
after(() => opened.close())

const count = async (requestId: string) =>
  (await opened.store.query('select 1 from audit where request_id = $1', [requestId])).length

test('a recorded row is durable when its promise resolves', async () => {
  await opened.store.audit.record(
    anAuditRow({ requestId: 'durable', patients: [1n, -2n], query: 'name=x', version: 3 }),
  )
  const other = openDatabase({ connection: opened.url })
  const [row] = await other.query('select patients, query, version, outcome from audit where request_id = $1', [
    'durable',
  ])
  await other.close()
  assert.deepEqual(row, { patients: [1n, -2n], query: 'name=x', version: 3, outcome: 'success' })
})

test('rows of concurrent requests share statements and commits', async () => {
  const record = () => opened.store.audit.record(anAuditRow({ requestId: 'shared' }))
  const trips = await opened.trips(() => Promise.all(Array.from({ length: 300 }, record)))
  assert.ok(trips <= 3, `${trips} round trips`)
  assert.equal(await count('shared'), 300)
})

test('a row that cannot be stored fails alone', async () => {
  const rows = [1, 2, 3, 4].map((n) => anAuditRow({ requestId: 'mixed', status: n === 3 ? 99_999 : 200 }))
  const results = await Promise.allSettled(rows.map((row) => opened.store.audit.record(row)))
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(await count('mixed'), 3)
})

test('what a client sent is stored whatever it is: NUL, half characters, endless queries, enormous versions', async () => {
  const query = `\u0000\ud800${'x'.repeat(100_000)}`
  await opened.store.audit.record(anAuditRow({ requestId: 'odd', query, id: 'a\u0000b', version: 99_999_999_999 }))
  const [row] = await opened.store.query<{ query: string; version: null }>(
    "select left(query, 3) as query, version from audit where request_id = 'odd'",
  )
  assert.deepEqual(row, { query: '\ufffd\ufffdx', version: null })
})

test('reads that come together are all audited before they answer, with what was found', async () => {
  const { store, keys } = opened
  const there = aCreate(keys, 'Patient', { pat: 7n })
  const gone = aCreate(keys, 'Patient')
  await store.resources.put([there, gone])
  await store.resources.put([anUpdate(there, 1, { pat: 7n }), aDelete(gone, 1)])
  const audit = anAuditRow({ requestId: 'together' })
  const reads = async (ids: readonly string[]) => {
    const found = await Promise.all(ids.map((id) => store.resources.read('Patient', [id], { audit })))
    return found.flat().map(({ id }) => id)
  }
  const ids = Array.from({ length: 40 }, () => there.id)
  assert.deepEqual(await reads([there.id]), [there.id])
  const trips = await opened.trips(async () =>
    assert.deepEqual(await reads([...ids, gone.id, 'nobody']), [...ids, gone.id]),
  )
  assert.ok(trips < 60, `${trips} round trips`)
  const rows = await store.query('select version, patients from audit where request_id = $1', ['together'])
  assert.deepEqual(
    rows,
    Array.from({ length: 41 }, () => ({ version: 2, patients: [7n] })),
  )
})
