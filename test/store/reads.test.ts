import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Clause } from '../../src/search/clause.ts'
import { aCreate, aDelete, aNamed, anUpdate, type Create, openStore, type TestStore } from './open-store.ts'

let opened: TestStore
before(async () => {
  opened = await openStore()
})
after(() => opened.close())

const ofPatient = (rid: bigint): Clause => ({ op: 'patient', any: [rid] })

/** Versions 1 and 2 are about patient 1, version 3 about patient 2. */
async function moved(): Promise<Create> {
  const { store, keys } = opened
  const create = { ...aCreate(keys, 'Observation', { pat: 1n }), lastUpdated: 1000 }
  await store.resources.put([create])
  await store.resources.put([{ ...anUpdate(create, 1, { pat: 1n }), lastUpdated: 2000 }])
  await store.resources.put([{ ...anUpdate(create, 2, { pat: 2n }), lastUpdated: 3000 }])
  return create
}

test('a read is judged on the latest version alone: an older one never shows instead', async () => {
  const { resources } = opened.store
  const { id } = await moved()
  assert.deepEqual(await resources.read('Observation', [id], { where: ofPatient(1n) }), [])
  const [found] = await resources.read('Observation', [id], { where: ofPatient(2n) })
  assert.equal(found?.version, 3)
})

test('flags tell what else holds for a row', async () => {
  const { id } = await moved()
  const flags = { first: ofPatient(1n), second: ofPatient(2n) }
  const [found] = await opened.store.resources.read('Observation', [id], { flags })
  assert.deepEqual(found?.flags, { first: false, second: true })
})

test('many ids of one type are one statement; unknown ones are left out, one asked for twice comes once', async () => {
  const { store, keys, trips } = opened
  const creates = [aCreate(keys, 'Task'), aNamed(keys, 'Task', 'named'), aCreate(keys, 'Task')]
  await store.resources.put(creates)
  await store.resources.put([aDelete(creates[2]!, 1)])
  const ids = [...creates.map(({ id }) => id), 'named', 'unknown', keys.newIdentity('Task').id]
  let found: string[] = []
  const read = async () => {
    const rows = await store.resources.read('Task', ids)
    found = rows.map(({ id, deleted }) => `${id} ${deleted}`)
  }
  assert.equal(await trips(read), 1)
  assert.deepEqual(found.sort(), creates.map(({ id }, n) => `${id} ${n === 2}`).sort())
  assert.deepEqual(await store.resources.read('Task', []), [])
})

test('an id of another type is another resource', async () => {
  const { store, keys } = opened
  const create = aCreate(keys, 'Task')
  await store.resources.put([create])
  assert.deepEqual(await store.resources.read('Group', [create.id]), [])
})

test('a version is judged on its own row', async () => {
  const { resources } = opened.store
  const { id } = await moved()
  const version = async (n: number, where?: Clause) =>
    (await resources.vread('Observation', id, n, where ? { where } : {}))?.version
  assert.equal(await version(1, ofPatient(1n)), 1)
  assert.equal(await version(3, ofPatient(1n)), undefined)
  assert.equal(await version(3, ofPatient(2n)), 3)
  assert.equal(await version(4), undefined)
})
