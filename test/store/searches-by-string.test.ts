import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { all, and, type Clause, not, or } from '../../src/search/clause.ts'
import type { Position, SearchRequest } from '../../src/search/request.ts'
import { aCreate, type Create, openStore, type TestStore } from './open-store.ts'

let opened: TestStore
let creates: Create[]
const name = 5n
const even = 1001n

/** 400 Patients: all have a frequent name, and one of a hundred a rare one. */
before(async () => {
  opened = await openStore()
  creates = Array.from({ length: 400 }, (_, n) =>
    aCreate(opened.keys, 'Patient', {
      pat: BigInt(n),
      keys: n % 2 === 0 ? [even] : [],
      strings: [[name, 'smith'], ...(n % 100 === 0 ? ([[name, `rare ${n}`]] as [bigint, string][]) : [])],
    }),
  )
  await opened.store.resources.put(creates)
})
after(() => opened.close())

const starts = (value: string): Clause => ({ op: 'string', key: name, match: 'starts', value })
const evenOnes: Clause = { op: 'keys', any: [even] }

async function find(where: Clause, access: Clause = all, more: Partial<SearchRequest> = {}) {
  const request: SearchRequest = {
    type: 'Patient',
    where,
    sort: [],
    count: 100,
    total: 'accurate',
    summary: undefined,
    elements: undefined,
    includes: [],
    after: undefined,
    used: [],
    ...more,
  }
  const page = await opened.store.resources.find(request, () => access)
  const found = page.matches.map(({ id }) => creates.findIndex((create) => create.id === id))
  return { found, total: page.total, next: page.next }
}

test('a rare string is found in one round trip, with its total', async () => {
  let answer: Awaited<ReturnType<typeof find>> | undefined
  assert.equal(await opened.trips(async () => void (answer = await find(starts('rare')))), 1)
  assert.deepEqual(answer, { found: [300, 200, 100, 0], total: 4, next: undefined })
})

test('a frequent string is found by a second statement, page by page, each match once', async () => {
  const seen: number[] = []
  let after: Position | undefined
  do {
    const { found, total, next } = await find(starts('smi'), all, { after, count: 70 })
    assert.equal(total, 400)
    seen.push(...found)
    after = next
  } while (after)
  assert.deepEqual(
    seen,
    creates.map((_, n) => 399 - n),
  )
})

test('nobody is found whom the access clause does not show, whether the string is rare or frequent', async () => {
  assert.deepEqual((await find(starts('rare'), { op: 'patient', any: [200n, 1n] })).found, [200])
  assert.deepEqual((await find(starts('smith'), { op: 'patient', any: [200n, 1n] })).found, [200, 1])
  assert.equal((await find(starts('smith'), not(evenOnes))).total, 200)
  assert.equal((await find(starts('rare'), not(evenOnes))).total, 0)
})

test('one of several strings, and other conditions beside them', async () => {
  assert.deepEqual((await find(or(starts('rare 1'), starts('rare 30')))).found, [300, 100])
  assert.equal((await find(or(starts('rare'), starts('smith')))).total, 400)
  assert.deepEqual((await find(and(starts('rare'), evenOnes, starts('smith')))).found, [300, 200, 100, 0])
  assert.deepEqual((await find(and(starts('rare'), not(evenOnes)))).found, [])
})
