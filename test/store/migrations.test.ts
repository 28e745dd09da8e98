import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import knex from 'knex'
import { up as endsOfValues } from '../../migrations/0041-ends-of-values.ts'
import { createKeys } from '../../src/search/keys.ts'
import { createStore } from '../../src/store/create-store.ts'
import { installSecret, installValue, setInstallValue } from '../../src/store/install-value.ts'
import { migrate, pendingMigrations, refusePendingMigrations } from '../../src/store/migrations.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { aCreate } from './open-store.ts'

let fresh: TestDatabase
before(async () => {
  fresh = await freshDatabase()
})
after(() => fresh.drop())

test('a schema that is behind is refused, with the names of what is missing, until it is migrated', async () => {
  const database = openDatabase({ connection: fresh.url, schema: 'tenant_one' })
  await assert.rejects(refusePendingMigrations(database), /0001-resources.*npm run migrate/)
  const names = await migrate(database)
  assert.ok(names.includes('0001-resources'))
  await refusePendingMigrations(database)
  assert.deepEqual(await migrate(database), [])
  await database.close()
})

test('servers that start at once migrate once', async () => {
  const database = openDatabase({ connection: fresh.url, schema: 'tenant_two' })
  const runs = await Promise.all([1, 2, 3].map(() => migrate(database)))
  assert.deepEqual(runs.map((names) => names.length > 0).sort(), [false, false, true])
  assert.deepEqual(await pendingMigrations(database), [])
  await database.close()
})

test('a migration that was killed while it held the lock of its table does not block the next', async () => {
  const database = openDatabase({ connection: fresh.url, schema: 'tenant_one' })
  await database.query('update migration_lock set is_locked = 1')
  assert.deepEqual(await migrate(database), [])
  await database.close()
})

test('values that were stored before the ends of a sort were marked are marked by the migration', async () => {
  const migrator = knex({ client: 'pg', connection: fresh.url, searchPath: ['old_values'] })
  try {
    await migrator.raw(`create schema old_values;
      create table str (key bigint, val text collate "C", rid bigint, primary key (key, val, rid));
      create table num (key bigint not null, lo float8 not null, hi float8 not null, rid bigint not null);
      create table dat (key bigint not null, lo bigint not null, hi bigint not null, rid bigint not null);
      insert into str values (1, 'b', 7), (1, 'a', 7), (1, 'c', 7), (1, 'b', 8), (2, 'b', 7);
      insert into num values (1, 2, 3, 7), (1, 2, 4, 7), (1, 5, 5, 7);
      insert into dat values (1, 2, 3, 7)`)
    await endsOfValues(migrator)
    const marked = (table: string) =>
      migrator(table)
        .count({ n: '*' })
        .sum({ first: migrator.raw('first::int'), last: migrator.raw('last::int') })
    assert.deepEqual(await marked('str'), [{ n: '5', first: '3', last: '3' }])
    assert.deepEqual(await marked('num'), [{ n: '3', first: '1', last: '1' }])
    assert.deepEqual(await marked('dat'), [{ n: '1', first: '1', last: '1' }])
    const ends = await migrator('str').where({ key: 1, rid: 7 }).orderBy('val').select('val', 'first', 'last')
    assert.deepEqual(ends, [
      { val: 'a', first: true, last: false },
      { val: 'b', first: false, last: false },
      { val: 'c', first: false, last: true },
    ])
  } finally {
    await migrator.destroy()
  }
})

test('two schemas of one database hold two tenants', async () => {
  const keys = createKeys(Buffer.alloc(32, 1))
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-tenants-'))
  const stores = await Promise.all(
    ['tenant_one', 'tenant_two'].map(async (schema) => {
      const database = openDatabase({ connection: fresh.url, schema })
      return createStore({ database, keys, objects: await openObjects({ dataDir }) })
    }),
  )
  const [one, two] = stores as [Awaited<ReturnType<typeof createStore>>, Awaited<ReturnType<typeof createStore>>]
  const create = aCreate(keys, 'Observation', { dates: { date: [1, 2] }, strings: [[1n, 'x']] })
  await one.resources.put([create])
  assert.equal((await one.resources.read('Observation', [create.id])).length, 1)
  assert.equal((await two.resources.read('Observation', [create.id])).length, 0)
  await Promise.all(stores.map((store) => store.close()))
  rmSync(dataDir, { recursive: true })
})

test('the secret of an installation is made once, also by servers that start at once', async () => {
  const database = openDatabase({ connection: fresh.url })
  const secrets = await Promise.all([1, 2, 3, 4].map(() => installSecret(database)))
  assert.equal(new Set(secrets.map((secret) => secret.toString('hex'))).size, 1)
  assert.equal(secrets[0]!.length, 32)
  assert.equal(await installValue(database, 'search-digest'), undefined)
  for (const digest of ['one', 'two']) await setInstallValue(database, 'search-digest', Buffer.from(digest))
  assert.equal(String(await installValue(database, 'search-digest')), 'two')
  await database.close()
})
