import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { all, type Clause, none } from '../../src/search/clause.ts'
import type { SearchRequest } from '../../src/search/request.ts'
import { aCreate, aDelete, type Create, openStore, type TestStore } from './open-store.ts'

let opened: TestStore
let creates: Create[]
const [red, even, filler] = [1000n, 1001n, 1002n]

/** Observations 0 to 29: the odd ones are about patient 1, the even ones about patient 2; one of three holds `red`. */
before(async () => {
  opened = await openStore()
  creates = Array.from({ length: 30 }, (_, n) =>
    aCreate(opened.keys, 'Observation', {
      pat: n % 2 === 0 ? 2n : 1n,
      keys: n % 3 === 0 ? [red] : [filler],
      fkeys: n % 2 === 0 ? [even] : [],
      dates: n < 20 ? { date: [n * 1000, n * 1000 + 1] } : {},
      strings: [[5n, `name ${String(n).padStart(2, '0')}`]],
    }),
  )
  await opened.store.resources.put(creates)
})
after(() => opened.close())

const asked = (more: Partial<SearchRequest> = {}): SearchRequest => ({
  type: 'Observation',
  where: all,
  sort: [],
  count: 100,
  total: undefined,
  summary: undefined,
  elements: undefined,
  includes: [],
  after: undefined,
  used: [],
  ...more,
})
const everything = () => all
const patientOne: Clause = { op: 'patient', any: [1n] }

async function find(more: Partial<SearchRequest>, access: (type: string) => Clause = everything) {
  const page = await opened.store.resources.find(asked(more), access)
  const found = page.matches.map(({ id }) => creates.findIndex((create) => create.id === id))
  return { ...page, found }
}

test('a page is one round trip; a first page that holds everything knows its total', async () => {
  let page: Awaited<ReturnType<typeof find>> | undefined
  const where: Clause = { op: 'keys', any: [red] }
  const search = async () => void (page = await find({ where, total: 'accurate' }))
  assert.equal(await opened.trips(search), 1)
  assert.deepEqual(page!.found, [27, 24, 21, 18, 15, 12, 9, 6, 3, 0])
  assert.equal(page!.total, 10)
  assert.equal(page!.next, undefined)
  assert.equal(page!.matches[0]!.json, creates[27]!.json)
  assert.equal(page!.matches[0]!.pat, 1n)
})

test('a total that is asked for and not known counts, under the access clauses', async () => {
  assert.equal((await find({ count: 4, total: 'accurate' })).total, 30)
  assert.equal((await find({ count: 4, total: 'accurate' }, () => patientOne)).total, 15)
  assert.equal((await find({ count: 4 })).total, undefined)
  assert.equal((await find({ count: 4, total: 'none', where: patientOne })).total, undefined)
})

test('a count alone reads no resource', async () => {
  const page = await find({ count: 0, where: { op: 'keys', any: [even], filter: true } })
  assert.deepEqual([page.matches, page.total], [[], 15])
})

const orders: [string, SearchRequest['sort'], number[]][] = [
  ['none', [], Array.from({ length: 30 }, (_, n) => 29 - n)],
  ['_lastUpdated', [{ by: 'lastUpdated', descending: false }], Array.from({ length: 30 }, (_, n) => n)],
  ['-name', [{ by: 'string', key: 5n, descending: true }], Array.from({ length: 30 }, (_, n) => 29 - n)],
  [
    '-date, those without a date last',
    [{ by: 'date', column: 'date', descending: true }],
    [...Array.from({ length: 20 }, (_, n) => 19 - n), ...Array.from({ length: 10 }, (_, n) => 29 - n)],
  ],
]
for (const [name, sort, expected] of orders) {
  test(`pages in the order ${name} hold every match once`, async () => {
    for (const where of [all, { op: 'patient', any: [1n, 2n] } as const]) {
      const seen: number[] = []
      let after: SearchRequest['after']
      for (let page = 0; page < 10; page += 1) {
        const { found, next } = await find({ sort, where, count: 7, after })
        seen.push(...found)
        after = next
        if (!next) break
      }
      assert.deepEqual(seen, expected)
    }
  })
}

test('access is part of the query: pages are full of what may be seen, and nothing of the rest counts', async () => {
  const page = await find({ count: 10, total: 'accurate' }, () => patientOne)
  assert.equal(page.found.length, 10)
  assert.ok(page.found.every((n) => n % 2 === 1))
  assert.equal(page.total, 15)
  assert.deepEqual((await find({}, () => none)).found, [])
})

test('included resources come with their page, each under the access of its own type', async () => {
  const { keys, store, trips } = opened
  const encounter = aCreate(keys, 'Encounter', { pat: 1n })
  const by = keys.salt('encounter', 'Encounter')
  const observation = aCreate(keys, 'Observation', {
    pat: 1n,
    keys: [keys.reference('encounter', 'Encounter', encounter.rid)],
  })
  await store.resources.put([encounter, observation])
  const include = { direction: 'forward', source: 'Observation', target: 'Encounter', by } as const
  const request = asked({ where: { op: 'rid', any: [observation.rid] }, includes: [include] })
  const included = async (access: (type: string) => Clause) =>
    (await store.resources.find(request, access)).included.map(({ type, id }) => `${type}/${id}`)
  assert.equal(await trips(() => included(everything)), 1)
  assert.deepEqual(await included(everything), [`Encounter/${encounter.id}`])
  assert.deepEqual(await included((type) => (type === 'Encounter' ? none : all)), [])
})

test('the first two matches of many conditions are found in one round trip', async () => {
  const { resources } = opened.store
  const conditions = [
    { type: 'Observation', where: { op: 'rid', any: [creates[3]!.rid] } },
    { type: 'Patient', where: { op: 'keys', any: [red] } },
    { type: 'Observation', where: { op: 'keys', any: [red] } },
  ] as const
  let matches: Awaited<ReturnType<typeof resources.resolve>> = []
  assert.equal(await opened.trips(async () => (matches = await resources.resolve(conditions))), 1)
  const { id, rid } = creates[3]!
  assert.deepEqual(matches[0], [{ id, rid, version: 1 }])
  assert.deepEqual(
    matches.map((found) => found.length),
    [1, 0, 2],
  )
  assert.deepEqual(await resources.resolve([]), [])
  const many = Array.from({ length: 250 }, (_, n) => ({
    type: 'Observation',
    where: { op: 'rid', any: [creates[n % 30]!.rid] } as const,
  }))
  assert.deepEqual(
    (await resources.resolve(many)).map((found) => found.map((match) => match.id)),
    many.map((_, n) => [creates[n % 30]!.id]),
  )
})

test('what was deleted is found by no search', async () => {
  const { keys, store } = opened
  const create = aCreate(keys, 'Task', { keys: [77n] })
  await store.resources.put([create])
  const where: Clause = { op: 'keys', any: [77n] }
  assert.equal((await find({ type: 'Task', where })).matches.length, 1)
  await store.resources.put([aDelete(create, 1)])
  assert.equal((await find({ type: 'Task', where })).matches.length, 0)
})
