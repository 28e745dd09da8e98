import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { all } from '../../src/search/clause.ts'
import type { Keys } from '../../src/search/keys.ts'
import type { Write } from '../../src/store/store.ts'
import { aCreate, aDelete, aNamed, anAuditRow, anUpdate, aRevival, openStore, type TestStore } from './open-store.ts'

let test_: TestStore
let keys: Keys
before(async () => {
  test_ = await openStore()
  keys = test_.keys
})
after(() => test_.close())

const put = (writes: readonly Write[], audits = 0) =>
  test_.store.resources.put(
    writes,
    Array.from({ length: audits }, () => anAuditRow()),
  )
const rows = <Row>(text: string, ...values: unknown[]) => test_.database.query<Row>(text, values)
const audited = async () => (await rows<{ n: number }>('select count(*)::int4 as n from audit'))[0]!.n
const sizes = (text: string) => rows<{ n: number }>(text).then(([row]) => row!.n)

test('a create with its audit row is one round trip, and reads back', async () => {
  const create = aCreate(keys, 'Observation', { pat: 5n, keys: [1n, 2n], dates: { value_date: [10, 20] } })
  assert.equal(await test_.trips(() => put([create], 1)), 1)
  const [read] = await test_.store.resources.read('Observation', [create.id])
  const { type, id, rid, json, lastUpdated } = create
  assert.deepEqual(read, { type, id, rid, json, lastUpdated, version: 1, deleted: false, pat: 5n, flags: {} })
  const [row] = await rows('select keys, date_lo, value_date_lo, value_date_hi from observation where rid = $1', rid)
  assert.deepEqual(row, { keys: [1n, 2n], date_lo: null, value_date_lo: 10n, value_date_hi: 20n })
})

test('a new Binary and its bytes are one statement: both are there, or neither', async () => {
  const object = { key: 'ab'.repeat(16), size: 3, sha1: 'sha1', sha256: 'sha256', enc: 0 }
  const attached = { contentType: 'text/plain', uploader: 7n, object }
  const create = { ...aCreate(keys, 'Binary', {}), attached }
  assert.equal(await test_.trips(() => put([create], 1)), 1)
  const [tied] = await rows('select ver, object_key, size, uploader, owner from attachment where rid = $1', create.rid)
  assert.deepEqual(tied, { ver: 1, object_key: object.key, size: 3n, uploader: 7n, owner: null })
  const named = {
    ...aNamed(keys, 'Binary', 'named'),
    attached: { ...attached, object: { ...object, key: 'cd'.repeat(16) } },
  }
  assert.deepEqual((await put([named], 1)).stale, [])
  const again = { ...named, attached: { ...attached, object: { ...object, key: 'ef'.repeat(16) } } }
  assert.equal((await put([again], 1)).stale.length, 1)
  assert.equal(await sizes(`select count(*)::int4 as n from attachment where object_key = '${'ef'.repeat(16)}'`), 0)
})

test('what takes a Binary has it with its own write; taken before or in another version, nothing is written', async () => {
  const tied = (key: string) => ({
    ...{ contentType: 'text/plain', uploader: 7n },
    object: { key: key.repeat(16), size: 3, sha1: 'sha1', sha256: 'sha256', enc: 0 },
  })
  const binary = { ...aCreate(keys, 'Binary', {}), attached: tied('12') }
  await put([binary])
  const document = () => aCreate(keys, 'DocumentReference', {})
  const taking = (version: number | undefined) => ({ ...document(), takes: [{ rid: binary.rid, version }] })
  assert.equal((await put([taking(2)], 1)).stale.length, 1, 'there is no version 2')
  const first = taking(1)
  assert.equal(await test_.trips(() => put([first], 1)), 1)
  const [owned] = await rows('select owner_type, owner from attachment where rid = $1', binary.rid)
  assert.deepEqual(owned, { owner_type: 'DocumentReference', owner: first.rid })
  const before = await audited()
  for (const late of [[taking(1)], [taking(undefined)], [document(), taking(1)]]) {
    assert.equal((await put(late, 1)).stale.length, late.length)
    for (const { id } of late) assert.deepEqual(await test_.store.resources.read('DocumentReference', [id]), [])
  }
  assert.equal(await audited(), before)
})

test('a create of an identity that exists, or that existed, is stale and stores nothing', async () => {
  const create = aNamed(keys, 'Patient', 'twice')
  assert.deepEqual((await put([create], 1)).stale, [])
  const before = await audited()
  assert.deepEqual((await put([{ ...create, json: 'other' }], 1)).stale.length, 1)
  await put([aDelete(create, 1)])
  assert.deepEqual((await put([create], 1)).stale, [create])
  const other = aCreate(keys, 'Patient')
  assert.deepEqual((await put([other, create], 2)).stale, [create])
  assert.equal(await audited(), before)
  assert.deepEqual(await test_.store.resources.read('Patient', [other.id]), [])
})

test('of 20 parallel creates under one id one is stored, and the others are told that they are stale', async () => {
  const create = aNamed(keys, 'Patient', 'raced')
  const results = await Promise.all(Array.from({ length: 20 }, () => put([create])))
  assert.equal(results.filter(({ stale }) => stale.length === 0).length, 1)
  assert.equal(await sizes(`select count(*)::int4 as n from patient_v where rid = ${create.rid}`), 1)
})

test('of 50 parallel updates that expect one version one wins, and nothing of the others is stored', async () => {
  const create = aCreate(keys, 'Observation', { numbers: [[1n, 0, 0]] })
  await put([create])
  const before = await audited()
  const updates = Array.from({ length: 50 }, (_, n) =>
    anUpdate(create, 1, { numbers: [[2n, n, n]], keys: [BigInt(n)] }),
  )
  const results = await Promise.all(updates.map((update) => put([update], 1)))
  const winner = results.findIndex(({ stale }) => stale.length === 0)
  assert.equal(results.filter(({ stale }) => stale.length === 0).length, 1)
  assert.equal(await audited(), before + 1)
  assert.deepEqual(await rows('select key, lo from num where rid = $1', create.rid), [{ key: 2n, lo: winner }])
  assert.deepEqual(await rows('select ver, keys from observation where rid = $1', create.rid), [
    { ver: 2, keys: [BigInt(winner)] },
  ])
  assert.deepEqual(await rows('select ver from observation_v where rid = $1 order by ver', create.rid), [
    { ver: 1 },
    { ver: 2 },
  ])
})

test('of 30 parallel puts of several writes that share one row one wins, and the others store nothing at all', async () => {
  const shared = aCreate(keys, 'Encounter')
  await put([shared])
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, n) => {
      const own = aCreate(keys, 'Condition')
      return put([own, n % 2 === 0 ? anUpdate(shared, 1) : aDelete(shared, 1)], 2).then(({ stale }) => ({ own, stale }))
    }),
  )
  for (const { own, stale } of results) {
    const stored = await test_.store.resources.read('Condition', [own.id])
    assert.equal(stored.length, stale.length === 0 ? 1 : 0)
  }
  assert.equal(results.filter(({ stale }) => stale.length === 0).length, 1)
})

test('puts that lock the same rows in opposite order all end, one winner per version', async () => {
  const [one, two] = [aCreate(keys, 'Encounter'), aCreate(keys, 'Encounter')]
  await put([one, two])
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, n) => {
      const updates = [anUpdate(one, 1), anUpdate(two, 1)]
      return put(n % 2 === 0 ? updates : updates.reverse())
    }),
  )
  assert.equal(results.filter(({ stale }) => stale.length === 0).length, 1)
})

test('100 writes of many types, creates, updates, deletions and revivals, are one round trip', async () => {
  const types = ['Observation', 'Patient', 'Encounter', 'Condition', 'Group', 'Task']
  const old = Array.from({ length: 60 }, (_, n) => aCreate(keys, types[n % 6]!, { strings: [[1n, `old ${n}`]] }))
  await put(old)
  const dead = old.slice(40)
  await put(dead.map((create) => aDelete(create, 1)))
  const writes = [
    ...old.slice(0, 20).map((create, n) => anUpdate(create, 1, { strings: [[1n, `new ${n}`]] })),
    ...old.slice(20, 40).map((create) => aDelete(create, 1)),
    ...dead.map((create) => aRevival(create, 2)),
    ...Array.from({ length: 40 }, (_, n) => aCreate(keys, types[n % 6]!, { periods: [[1n, n, n + 1]] })),
  ]
  assert.equal(await test_.trips(async () => assert.deepEqual(await put(writes, 100), { stale: [] })), 1)
  const versions = async (create: { type: string; id: string }) =>
    (await test_.store.resources.read(create.type, [create.id])).map(({ version, deleted }) => ({ version, deleted }))
  assert.deepEqual(await versions(old[3]!), [{ version: 2, deleted: false }])
  assert.deepEqual(await versions(old[23]!), [{ version: 2, deleted: true }])
  assert.deepEqual(await versions(old[43]!), [{ version: 3, deleted: false }])
  const texts = await rows<{ val: string }>(
    'select val from str where rid = any($1::int8[])',
    old.map(({ rid }) => rid),
  )
  assert.deepEqual(texts.map(({ val }) => val).sort(), Array.from({ length: 20 }, (_, n) => `new ${n}`).sort())
})

test('one stale write among many is named, and nothing is stored', async () => {
  const [kept, changed, gone] = [aCreate(keys, 'Task'), aCreate(keys, 'Task'), aCreate(keys, 'Group')]
  await put([kept, changed, gone])
  await put([anUpdate(changed, 1)])
  await put([aDelete(gone, 1)])
  const before = await audited()
  const fresh = aCreate(keys, 'Task')
  const past = [anUpdate(changed, 1), aDelete(gone, 1), aRevival(gone, 1)]
  const future = [anUpdate(changed, 9), aDelete(changed, 9), aRevival(gone, 9), aRevival(changed, 2)]
  for (const each of [...past, ...future]) {
    assert.deepEqual((await put([fresh, anUpdate(kept, 1), each], 3)).stale, [each])
    assert.deepEqual((await put([each], 1)).stale, [each])
  }
  assert.equal(await audited(), before)
  assert.deepEqual(await test_.store.resources.read('Task', [fresh.id]), [])
  assert.equal((await test_.store.resources.read('Task', [kept.id]))[0]!.version, 1)
})

test('a deletion leaves no searchable row or value, and keeps what access needs to judge it', async () => {
  const more = { pat: 9n, labels: 4, akeys: [3n], strings: [[1n, 'x']] as const, numbers: [[1n, 1, 2]] as const }
  const create = aCreate(keys, 'Observation', { ...more, periods: [[1n, 1, 2]] })
  await put([create])
  assert.equal(await test_.trips(() => put([aDelete(create, 1)], 1)), 1)
  for (const table of ['observation', 'str', 'num', 'dat']) {
    assert.equal(await sizes(`select count(*)::int4 as n from ${table} where rid = ${create.rid}`), 0, table)
  }
  const [last] = await rows(
    'select ver, deleted, pat, labels, akeys, json from observation_v where rid = $1 and ver = 2',
    create.rid,
  )
  assert.deepEqual(last, { ver: 2, deleted: true, pat: 9n, labels: 4, akeys: [3n], json: '' })
})

test('what was deleted can be revived: the history goes on, whoever is quicker wins', async () => {
  const create = aCreate(keys, 'Patient')
  await put([create])
  await put([aDelete(create, 1)])
  const results = await Promise.all(Array.from({ length: 10 }, () => put([aRevival(create, 2)])))
  assert.equal(results.filter(({ stale }) => stale.length === 0).length, 1)
  const { versions, total } = await test_.store.resources.history({
    of: [{ type: 'Patient', where: all }],
    id: create.id,
    count: 10,
  })
  assert.equal(total, 3)
  assert.deepEqual(
    versions.map(({ version, deleted }) => [version, deleted]),
    [
      [3, false],
      [2, true],
      [1, false],
    ],
  )
})

test('an update leaves exactly the new index values; those that stay are not written again', async () => {
  const strings = [
    [1n, 'stays'],
    [1n, 'goes'],
  ] as const
  const create = aCreate(keys, 'Patient', { strings, numbers: [[2n, 1, 2]], periods: [[3n, 1, 2]] })
  await put([create])
  const at = () =>
    rows<{ place: string }>("select ctid::text as place from str where rid = $1 and val = 'stays'", create.rid)
  const place = await at()
  await put([
    anUpdate(create, 1, {
      strings: [
        [1n, 'stays'],
        [1n, 'comes'],
        [1n, 'comes'],
      ],
      periods: [[3n, 1, 3]],
    }),
  ])
  assert.deepEqual(await at(), place)
  assert.deepEqual(await rows('select val from str where rid = $1 order by val', create.rid), [
    { val: 'comes' },
    { val: 'stays' },
  ])
  assert.deepEqual(await rows('select key from num where rid = $1', create.rid), [])
  assert.deepEqual(await rows('select lo, hi from dat where rid = $1', create.rid), [{ lo: 1n, hi: 3n }])
})

test('of several values the first and the last of a sort are marked, in the order of Postgres, also after an update', async () => {
  const marked = async () => {
    const ends = await rows<{ first: string; last: string }>(
      `select (select string_agg(val, ' ') from str where rid = $1 and str.first) as first,
         (select string_agg(val, ' ') from str where rid = $1 and str.last) as last`,
      create.rid,
    )
    return Object.values(ends[0]!)
  }
  // UTF-16 would put the face before the full-width letter.
  const create = aCreate(keys, 'Patient', { strings: ['b', '😀', 'ｚ', 'b'].map((text) => [1n, text] as const) })
  await put([create])
  assert.deepEqual(await marked(), ['b', '😀'])
  await put([anUpdate(create, 1, { strings: ['b', 'a', 'ｚ'].map((text) => [1n, text] as const) })])
  assert.deepEqual(await marked(), ['a', 'ｚ'])
  await put([
    anUpdate(create, 2, { strings: [[1n, 'b']], numbers: [5, 1, 1].map((lo, n) => [2n, lo, lo + n] as const) }),
  ])
  assert.deepEqual(await marked(), ['b', 'b'])
  const numbers = await rows('select lo, num.first, num.last from num where rid = $1 order by lo, hi', create.rid)
  assert.deepEqual(numbers, [
    { lo: 1, first: true, last: false },
    { lo: 1, first: false, last: false },
    { lo: 5, first: false, last: true },
  ])
})

test('long texts are indexed by their first 2,000 bytes, and never by half a character', async () => {
  const create = aCreate(keys, 'Patient', {
    strings: [
      [1n, 'a'.repeat(1998) + '😀' + 'b'.repeat(9000)],
      [2n, '😀'.repeat(5000)],
    ],
  })
  await put([create])
  const texts = await rows<{ val: string }>('select val from str where rid = $1 order by key', create.rid)
  assert.deepEqual(
    texts.map(({ val }) => val),
    ['a'.repeat(1998), '😀'.repeat(500)],
  )
})

test('an update that changes no search value touches no index of the current row', async () => {
  const create = aCreate(keys, 'Procedure', { keys: [1n, 2n], pat: 4n })
  await put([create])
  await put([anUpdate(create, 1, { keys: [1n, 2n], pat: 4n })])
  await rows('select pg_stat_force_next_flush()')
  const hot = () => sizes("select n_tup_hot_upd::int4 as n from pg_stat_user_tables where relname = 'procedure'")
  for (let tries = 0; tries < 20 && (await hot()) === 0; tries += 1) await new Promise((done) => setTimeout(done, 100))
  assert.equal(await hot(), 1)
})
