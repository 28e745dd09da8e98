import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { FhirError, type Problem } from '../../src/fhir/error.ts'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let fresh: TestDatabase
let database: Database
before(async () => {
  fresh = await freshDatabase()
  database = openDatabase({ connection: fresh.url, statementTimeout: 300 })
})
after(async () => {
  await database.close()
  await fresh.drop()
})

const is = (problem: Problem) => (error: unknown) => error instanceof FhirError && error.problem === problem

test('int8 and arrays of it come as bigint, exactly', async () => {
  const text = "select 9223372036854775807 as n, '{-9223372036854775808,1}'::int8[] as list, '{}'::int8[] as none"
  assert.deepEqual(await database.query(text), [
    { n: 9223372036854775807n, list: [-9223372036854775808n, 1n], none: [] },
  ])
})

test('a statement that takes too long ends as too costly', async () => {
  await assert.rejects(database.query('select pg_sleep(5)'), is('tooCostly'))
})

test('what Postgres cannot store is malformed, and what exists already a conflict', async () => {
  await assert.rejects(database.query('select $1::text', ['a\u0000b']), is('malformed'))
  await database.query('create table once (n int primary key)')
  await database.query('insert into once values (1)')
  await assert.rejects(database.query('insert into once values (1)'), is('conflict'))
})

test('a database that cannot be reached is unavailable, and a defect of ours is not disguised', async () => {
  const nowhere = openDatabase({ connection: { host: '/nowhere', user: 'x', database: 'x' } })
  await assert.rejects(nowhere.query('select 1'), is('unavailable'))
  await nowhere.close()
  await assert.rejects(database.query('selct 1'), (error) => !(error instanceof FhirError))
  await assert.rejects(database.query('select $1::int', [1, 2]), (error) => !(error instanceof FhirError))
})

test('a connection that is cut while idle is replaced', async () => {
  const errors: Error[] = []
  const other = openDatabase({ connection: fresh.url, onError: (error) => errors.push(error) })
  const [row] = await other.query<{ pid: number }>('select pg_backend_pid() as pid')
  await database.query('select pg_terminate_backend($1)', [row!.pid])
  for (let tries = 0; tries < 50 && errors.length === 0; tries += 1) await new Promise((done) => setTimeout(done, 20))
  assert.equal(errors.length, 1)
  assert.deepEqual(await other.query('select 1 as n'), [{ n: 1 }])
  await other.close()
})

test('a connection that is old is replaced, and never while it is used', async () => {
  const other = openDatabase({ connection: fresh.url, lifetime: 0.05 })
  const pid = 'select pg_backend_pid() as pid'
  const session = await other.session()
  const [first] = await session.query(pid)
  await new Promise((done) => setTimeout(done, 100))
  assert.deepEqual(await session.query(pid), [first])
  session.release()
  assert.notDeepEqual(await other.query(pid), [first])
  await other.close()
})

test('options in the URL are kept beside ours', async () => {
  const url = new URL(fresh.url)
  url.searchParams.set('options', '-c work_mem=5MB')
  const other = openDatabase({ connection: url.href, schema: 'tenant' })
  assert.deepEqual(await other.query('show work_mem'), [{ work_mem: '5MB' }])
  assert.deepEqual(await other.query('show search_path'), [{ search_path: 'tenant,public' }])
  await other.close()
})
