import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { FhirError } from '../../src/fhir/error.ts'
import type { Transaction } from '../../src/store/store.ts'
import { aCreate, aNamed, anUpdate, openStore, type TestStore } from './open-store.ts'

let opened: TestStore
before(async () => {
  opened = await openStore()
})
after(() => opened.close())

const failure = (state: string) => `do $$ begin raise exception 'forced' using errcode = '${state}'; end $$`
const versionOf = async (type: string, id: string) => (await opened.store.resources.read(type, [id]))[0]?.version

test('what a transaction wrote is there after it, and none of it when the work throws', async () => {
  const { store, keys } = opened
  const [kept, dropped] = [aCreate(keys, 'Patient'), aCreate(keys, 'Patient')]
  const answer = await store.transaction(async (tx) => {
    await tx.resources.put([kept])
    await tx.resources.put([anUpdate(kept, 1)])
    return (await tx.resources.read('Patient', [kept.id]))[0]!.version
  })
  assert.equal(answer, 2)
  assert.equal(await versionOf('Patient', kept.id), 2)
  const stop = new Error('stop')
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.resources.put([dropped])
      throw stop
    }),
    stop,
  )
  assert.equal(await versionOf('Patient', dropped.id), undefined)
})

test('a transaction inside another runs in place', async () => {
  const { store, keys } = opened
  const create = aCreate(keys, 'Patient')
  await store.transaction((tx) => tx.transaction((inner) => inner.resources.put([create])))
  assert.equal(await versionOf('Patient', create.id), 1)
})

test('serialization failures and deadlocks run the work again, and its outcome is there once', async () => {
  const { store, keys } = opened
  for (const state of ['40001', '40P01']) {
    const create = aCreate(keys, 'Patient')
    let runs = 0
    await store.transaction(async (tx) => {
      runs += 1
      await tx.resources.put([create])
      if (runs < 3) await tx.query(failure(state))
    })
    assert.equal(runs, 3)
    assert.equal(await versionOf('Patient', create.id), 1)
  }
})

test('after three more runs the failure is told as a conflict', async () => {
  let runs = 0
  await assert.rejects(
    opened.store.transaction(async (tx) => {
      runs += 1
      await tx.query(failure('40001'))
    }),
    (error) => error instanceof FhirError && error.problem === 'conflict',
  )
  assert.equal(runs, 4)
})

test('two serializable transactions that cross are run until both hold', async () => {
  const { store } = opened
  await store.query('create table crossing (name text primary key, n int not null)')
  await store.query("insert into crossing values ('a', 1), ('b', 1)")
  const move = (from: string, to: string) =>
    store.transaction(async (tx) => {
      await tx.query('set transaction isolation level serializable')
      const [row] = await tx.query<{ n: number }>('select sum(n)::int as n from crossing where name = $1', [from])
      await new Promise((done) => setTimeout(done, 20))
      await tx.query('update crossing set n = n + $1 where name = $2', [row!.n, to])
    })
  await Promise.all([move('a', 'b'), move('b', 'a')])
  const left = await store.query<{ n: number }>('select n from crossing order by n')
  assert.deepEqual(left, [{ n: 2 }, { n: 3 }])
})

test('an error that the work swallows still fails the transaction, which Postgres would end by a silent rollback', async () => {
  const { store, keys } = opened
  const create = aCreate(keys, 'Patient')
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.resources.put([create])
      await tx.query('select 1 / 0').catch(() => undefined)
    }),
    /division by zero/,
  )
  assert.equal(await versionOf('Patient', create.id), undefined)
})

test('a stale write does not spoil the transaction', async () => {
  const { store, keys } = opened
  const create = aCreate(keys, 'Patient')
  await store.resources.put([create])
  await store.transaction(async (tx) => {
    const other = aCreate(keys, 'Patient')
    assert.equal((await tx.resources.put([other, anUpdate(create, 7)])).stale.length, 1)
    assert.equal((await tx.resources.put([anUpdate(create, 1)])).stale.length, 0)
  })
  assert.equal(await versionOf('Patient', create.id), 2)
})

test('two transactions that create one identity: the second runs again and finds it', async () => {
  const { store, keys } = opened
  const create = aNamed(keys, 'Patient', 'both')
  let readers = 0
  let othersWait = false
  const until = async (met: () => boolean | Promise<boolean>) => {
    while (!(await met())) await new Promise((done) => setTimeout(done, 5))
  }
  const upsert = async (tx: Transaction) => {
    const [found] = await tx.resources.read('Patient', [create.id])
    readers += 1
    await until(() => readers >= 2)
    const { stale } = await tx.resources.put([found ? anUpdate(create, found.version) : create])
    assert.deepEqual(stale, [])
    // The first to write commits when the other one's statement waits for it.
    if (!othersWait) await until(async () => (await waiting()).length > 0)
    othersWait = true
  }
  const waiting = () =>
    store.query(`select from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database() and l.locktype = 'transactionid'`)
  await Promise.all([store.transaction(upsert), store.transaction(upsert)])
  assert.equal(await versionOf('Patient', create.id), 2)
})

test('a lock holds from the search to the commit: of 20 parallel conditional creates one creates', async () => {
  const { store, keys } = opened
  const conditional = () =>
    store.transaction(async (tx) => {
      await tx.lock(['Patient?identifier=1', 'Patient?identifier=2'])
      const found = await tx.query('select 1 from str where key = 77')
      if (found.length === 0) await tx.resources.put([aCreate(keys, 'Patient', { strings: [[77n, 'x']] })])
    })
  await Promise.all(Array.from({ length: 20 }, conditional))
  assert.equal((await store.query('select 1 from str where key = 77')).length, 1)
})

test('locks on 10,000 texts fit into the memory for locks', async () => {
  await opened.store.transaction((tx) => tx.lock(Array.from({ length: 10_000 }, (_, n) => `Patient?identifier=${n}`)))
})

test('what waits for the commit happens once, after it, and never after a rollback', async () => {
  const { store, keys } = opened
  const create = aCreate(keys, 'Patient')
  const seen: (number | undefined)[] = []
  let runs = 0
  await store.transaction(async (tx) => {
    tx.afterCommit(async () => void seen.push(await versionOf('Patient', create.id)))
    await tx.resources.put([create])
    if (runs++ === 0) await tx.query(failure('40001'))
  })
  assert.deepEqual(seen, [1])
  await store
    .transaction(async (tx) => {
      tx.afterCommit(async () => void seen.push(0))
      throw new Error('stop')
    })
    .catch(() => undefined)
  assert.deepEqual(seen, [1])
})

test('a transaction that does nothing costs nothing; the first lock travels with BEGIN', async () => {
  const { store, keys, trips } = opened
  assert.equal(await trips(() => store.transaction(async (tx) => tx.lock([]))), 0)
  const conditionalCreate = () =>
    store.transaction(async (tx) => {
      await tx.lock(['Patient?identifier=3'])
      await tx.resources.put([aCreate(keys, 'Patient')])
    })
  assert.equal(await trips(conditionalCreate), 3)
})

test('parallel statements of one transaction wait for each other', async () => {
  await opened.store.transaction(async (tx) => {
    const rows = await Promise.all([1, 2, 3].map((n) => tx.query<{ n: number }>('select $1::int as n', [n])))
    assert.deepEqual(rows.flat(), [{ n: 1 }, { n: 2 }, { n: 3 }])
  })
})

test('a transaction that is over answers nothing more', async () => {
  const leaked = await opened.store.transaction(async (tx) => tx)
  await assert.rejects(leaked.query('select 1'), /has ended/)
})

test('a connection that is cut between two statements fails its transaction, and nothing else', async () => {
  const { store, database, keys } = opened
  const create = aCreate(keys, 'Patient')
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.resources.put([create])
      const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
      await database.query('select pg_terminate_backend($1)', [row!.pid])
      await new Promise((done) => setTimeout(done, 100))
      await tx.query('select 1')
    }),
    (error) => error instanceof FhirError && error.problem === 'unavailable',
  )
  assert.equal(await versionOf('Patient', create.id), undefined)
})
