import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { all, type Clause } from '../../src/search/clause.ts'
import type { HistoryPage, HistoryPosition, HistoryRequest } from '../../src/store/store.ts'
import { aCreate, aDelete, anUpdate, type Create, openStore, type TestStore } from './open-store.ts'

let opened: TestStore
before(async () => {
  opened = await openStore()
})
after(() => opened.close())

const ofPatient = (rid: bigint): Clause => ({ op: 'patient', any: [rid] })
const numbers = ({ versions }: HistoryPage) => versions.map(({ version }) => version)

/** A resource with as many versions, a second apart; about the patient that `patOf` tells. */
async function versions(type: string, count: number, patOf: (version: number) => bigint = () => 1n): Promise<Create> {
  const { store, keys } = opened
  const create = { ...aCreate(keys, type, { pat: patOf(1) }), lastUpdated: 1000 }
  await store.resources.put([create])
  for (let n = 1; n < count; n += 1) {
    await store.resources.put([{ ...anUpdate(create, n, { pat: patOf(n + 1) }), lastUpdated: 1000 * (n + 1) }])
  }
  return create
}

/** All pages of a history, and what happens between them. */
async function pages(
  request: HistoryRequest,
  between: (page: number) => Promise<unknown> = async () => undefined,
): Promise<HistoryPage[]> {
  const read: HistoryPage[] = []
  let after: HistoryPosition | undefined
  do {
    const page = await opened.store.resources.history({ ...request, after })
    read.push(page)
    await between(read.length)
    after = page.next
  } while (after)
  return read
}

test('of one resource it holds the versions that may be seen, newest first, in pages, with one total', async () => {
  const { id } = await versions('Procedure', 10, (version) => (version < 9 ? 1n : 2n))
  const request = { of: [{ type: 'Procedure', where: ofPatient(1n) }], id, count: 3 }
  assert.equal(await opened.trips(() => opened.store.resources.history(request)), 1)
  const read = await pages(request)
  assert.deepEqual(read.map(numbers), [
    [8, 7, 6],
    [5, 4, 3],
    [2, 1],
  ])
  assert.deepEqual(
    read.map(({ total }) => total),
    [8, 8, 8],
  )
  assert.deepEqual((await pages({ ...request, ascending: true })).flatMap(numbers), [1, 2, 3, 4, 5, 6, 7, 8])
})

test('it begins and ends at times, or holds what was current at any moment of one', async () => {
  const { id } = await versions('Observation', 3)
  const of = [{ type: 'Observation', where: all }]
  const found = async (more: Partial<HistoryRequest>) =>
    numbers(await opened.store.resources.history({ of, id, count: 10, ...more }))
  assert.deepEqual(await found({ since: 2000 }), [3, 2])
  assert.deepEqual(await found({ before: 2000 }), [1])
  assert.deepEqual(await found({ since: 2000, before: 3000 }), [2])
  assert.deepEqual(await found({ at: [2500, 2501] }), [2])
  assert.deepEqual(await found({ at: [2500, 3001] }), [3, 2])
  assert.deepEqual(await found({ at: [9000, 9001] }), [3])
  assert.deepEqual(await found({ at: [500, 1000] }), [])
  assert.deepEqual(await found({ of: [{ type: 'Observation', where: ofPatient(2n) }] }), [])
})

test('of nothing it is empty', async () => {
  const { history } = opened.store.resources
  assert.equal((await history({ of: [{ type: 'Observation', where: all }], id: 'unknown', count: 5 })).total, 0)
  assert.deepEqual(numbers(await history({ of: [{ type: 'Basic', where: all }], count: 5 })), [])
  const unseen = [{ type: 'Observation', where: { op: 'none' } as const }]
  assert.deepEqual(numbers(await history({ of: unseen, count: 5 })), [])
})

for (const ascending of [false, true]) {
  test(`what is written between the pages of a type is on none of them (${ascending ? 'oldest' : 'newest'} first)`, async () => {
    const type = ascending ? 'Flag' : 'Goal'
    const creates = await Promise.all([versions(type, 3), versions(type, 3), versions(type, 3)])
    const request = { of: [{ type, where: ofPatient(1n) }], count: 2, ascending }
    let expected = 4
    const read = await pages(request, async () => {
      await versions(type, 1)
      await opened.store.resources.put([{ ...anUpdate(creates[0], expected - 1, { pat: 1n }), lastUpdated: 1500 }])
      expected += 1
    })
    const seen = read.flatMap((page) => page.versions.map(({ rid, version }) => `${rid}/${version}`))
    assert.equal(seen.length, 9)
    assert.deepEqual(new Set(seen), new Set(creates.flatMap(({ rid }) => [1, 2, 3].map((n) => `${rid}/${n}`))))
    const times = read.flatMap((page) => page.versions.map(({ lastUpdated }) => lastUpdated))
    assert.deepEqual(
      times,
      [...times].sort((a, b) => (ascending ? a - b : b - a)),
    )
  })
}

test('what a slow writer had not committed when the first page was read is on no page, however old its time', async () => {
  const { store, keys } = opened
  await versions('Group', 2)
  const late = { ...aCreate(keys, 'Group', { pat: 1n }), lastUpdated: 1500 }
  let finish = () => {}
  const finished = new Promise<void>((done) => (finish = done))
  let written: (value: unknown) => void = () => {}
  const isWritten = new Promise((done) => (written = done))
  const slow = store.transaction(async (tx) => {
    await tx.resources.put([late])
    written(undefined)
    await finished
  })
  await isWritten
  const read = await pages({ of: [{ type: 'Group', where: all }], count: 1 }, async () => {
    finish()
    await slow
  })
  assert.deepEqual(read.map(numbers), [[2], [1]])
  assert.equal((await pages({ of: [{ type: 'Group', where: all }], count: 9 })).flatMap(numbers).length, 3)
})

test('of several types it is one list by time, in two round trips; deletions are versions too', async () => {
  const { store } = opened
  const [first, second] = [await versions('Claim', 2), await versions('Coverage', 2)]
  await store.resources.put([{ ...aDelete(first, 2), lastUpdated: 2500 }])
  const of = ['Claim', 'Coverage', 'Account'].map((type) => ({ type, where: all }))
  assert.equal(await opened.trips(() => store.resources.history({ of, count: 10 })), 2)
  const page = await store.resources.history({ of, count: 10 })
  assert.deepEqual(
    page.versions.map(({ type, lastUpdated, deleted }) => `${type} ${lastUpdated}${deleted ? ' deleted' : ''}`).sort(),
    ['Claim 1000', 'Claim 2000', 'Claim 2500 deleted', 'Coverage 1000', 'Coverage 2000'],
  )
  assert.equal(page.total, 5)
  assert.equal(page.versions[0]!.rid, first.rid)
  const paged = await pages({ of, count: 2 })
  assert.equal(paged.flatMap(numbers).length, 5)
  assert.ok(paged.some((one) => one.versions.some(({ rid }) => rid === second.rid)))
})
