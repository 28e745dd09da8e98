import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type AuditSeals, createAuditSeals } from '../../src/store/create-audit-seals.ts'
import { createStore } from '../../src/store/create-store.ts'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import { createKeys } from '../../src/search/keys.ts'
import { anAuditRow } from '../store/open-store.ts'
import { freshDatabase } from '../support/database.ts'

let database: Database
let seals: AuditSeals
let record: (requestId: string, at?: number) => Promise<void>
let close: () => Promise<void>
const key = Buffer.alloc(32, 3)
let dataDir: string

before(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-seals-'))
})
after(async () => {
  await close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Each test changes what must never be changed, so each has a trail of its own. */
beforeEach(async () => {
  await close?.()
  const fresh = await freshDatabase()
  database = openDatabase({ connection: fresh.url, pool: 4 })
  const objects = await openObjects({ dataDir: mkdtempSync(path.join(dataDir, 'objects-')) })
  const store = await createStore({ database, keys: createKeys(Buffer.alloc(32, 7)), objects })
  seals = createAuditSeals({ store, objects, key })
  record = (requestId, at = Date.now()) => store.audit.record(anAuditRow({ requestId, at, patients: [5n] }))
  close = async () => {
    await store.close()
    await fresh.drop()
  }
})

async function trail(): Promise<bigint[]> {
  for (const name of ['a', 'b', 'c']) await record(name)
  await seals.seal()
  for (const name of ['d', 'e', 'f']) await record(name)
  await seals.seal()
  const rows = await database.query<{ n: bigint }>('select n from audit order by n')
  return rows.map(({ n }) => n)
}

/** What only somebody can do who has the database for himself. */
async function tamper(...statements: string[]): Promise<void> {
  const session = await database.session()
  await session.query('set session_replication_role = replica')
  for (const statement of statements) await session.query(statement)
  session.release(true)
}

test('BALP-8: a trail that nobody touched fits, seal by seal, and says what is not sealed yet', async () => {
  await trail()
  await record('later')
  const told: number[] = []
  const verified = await seals.verify((done) => told.push(done))
  assert.deepEqual(verified, { rows: 6, seals: 2, dropped: 0, unsealed: 1 })
  assert.deepEqual(told, [1, 2])
})

test('BALP-8: a changed row is named', async () => {
  const ns = await trail()
  await tamper(`update audit set person = 'Practitioner/other' where n = ${ns[3]}`)
  assert.equal((await seals.verify()).problem, `Row ${ns[3]} was changed, or stands in another's place.`)
})

test('BALP-8: a removed row is named', async () => {
  const ns = await trail()
  await tamper(`delete from audit where n = ${ns[1]}`)
  assert.equal((await seals.verify()).problem, `Row ${ns[1]} was removed.`)
})

test('BALP-8: of two rows that changed places the first is named', async () => {
  const ns = await trail()
  await tamper(
    `update audit set n = -1 where n = ${ns[4]}`,
    `update audit set n = ${ns[4]} where n = ${ns[5]}`,
    `update audit set n = ${ns[5]} where n = -1`,
  )
  assert.equal((await seals.verify()).problem, `Row ${ns[4]} was changed, or stands in another's place.`)
})

test('BALP-8: a row that is slipped in among old ones is named', async () => {
  await record('a')
  await database.query("select nextval('audit_row')")
  await record('c')
  const long = Date.now() - 5 * 3_600_000
  await seals.seal(long)
  const [gap] = await database.query<{ n: bigint }>('select min(n) + 1 as n from audit')
  await tamper(`insert into audit (n, at, request_id, interaction, patients, client_id, outcome, status)
    values (${gap!.n}, ${long}, 'x', 'read', '{}', 'x', 'success', 200)`)
  assert.equal((await seals.verify()).problem, `Row ${gap!.n} was added to what had been sealed.`)
})

test('BALP-8: a seal that is made anew without the key is found', async () => {
  await trail()
  await tamper('update audit_seal set head = digests where seq = 1')
  assert.equal((await seals.verify()).problem, 'Seal 1 was changed or moved.')
})

test('BALP-8: a trail that is cut off behind an anchor is found, though every link that is left fits', async () => {
  await record('a')
  await seals.seal(Date.now() - 86_400_000)
  await record('b')
  await seals.seal()
  await tamper('delete from audit_seal where seq = 2', 'delete from audit where request_id = $$b$$')
  assert.match((await seals.verify()).problem!, /^The chain ends or differs before seal 2, which was anchored on /)
})

test('BALP-8: the database itself refuses to change, remove or empty what stands in the trail', async () => {
  await trail()
  const partitions = await database.query<{ name: string }>(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit'::regclass",
  )
  const refused = ['audit', ...partitions.map(({ name }) => name), 'audit_seal'].flatMap((name) => [
    `truncate ${name} cascade`,
    ...(name === 'audit' || name === 'audit_seal' ? [`delete from ${name}`, `update ${name} set head = head`] : []),
  ])
  const statements = refused.map((text) => text.replace('update audit set head = head', "update audit set ip = 'x'"))
  for (const statement of statements) {
    const failed = await database.query(statement).then(
      () => '',
      (error: Error) => String(error.cause ?? error),
    )
    assert.match(failed, /neither changed nor removed/, statement)
  }
  assert.equal((await seals.verify()).problem, undefined)
})

test('BALP-8: rows lie in the partition of their month, and one without a month is kept all the same', async () => {
  await record('now')
  await record('old', Date.UTC(2001, 0, 1))
  const rows = await database.query<{ id: string; place: string }>(
    'select request_id as id, tableoid::regclass::text as place from audit order by n',
  )
  const month = new Date().toISOString().slice(0, 7).replace('-', '_')
  assert.deepEqual(rows, [
    { id: 'now', place: `audit_${month}` },
    { id: 'old', place: 'audit_other' },
  ])
})

test('BALP-8: a month whose time is over is dropped as a whole, and the rest still fits', async () => {
  const old = Date.UTC(2001, 0, 15)
  await database.query('select audit_month($1)', [old])
  await record('old', old)
  await seals.seal()
  await record('new')
  await seals.seal()
  await database.query('drop table audit_2001_01')
  assert.deepEqual(await seals.verify(), { rows: 1, seals: 2, dropped: 1, unsealed: 0 })
})

test('BALP-8: a row that is committed late is sealed with what comes after it', async () => {
  const session = await database.session()
  await session.query('begin')
  await session.query(`insert into audit (at, request_id, interaction, patients, client_id, outcome, status)
    values (${Date.now()}, 'late', 'read', '{}', 'x', 'success', 200)`)
  await record('early')
  assert.equal(await seals.seal(), 1)
  await session.query('commit')
  session.release()
  assert.equal(await seals.seal(), 1)
  assert.deepEqual(await seals.verify(), { rows: 2, seals: 2, dropped: 0, unsealed: 0 })
})
