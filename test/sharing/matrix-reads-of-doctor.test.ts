import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { askAccessLogs, askBytes, askReferences } from './matrix-bytes.ts'
import { doctor } from './matrix-oracle.ts'
import { byId, byRecord, bySearch } from './matrix-questions.ts'
import { ask, askTogether, aTrial, proven } from './matrix-trial.ts'
import { aWorld, type World } from './matrix-world.ts'

let world: World
before(async () => {
  world = await aWorld()
})
after(() => world.close())

test('a doctor reads and finds, row by row, what the table of situations says', async () => {
  const trial = aTrial()
  const { doctor: client, rows } = world
  const inBundles = byId(doctor, rows)
  await ask(trial, doctor, client, [...inBundles, ...bySearch(doctor, rows), ...byRecord(doctor, rows)])
  await askTogether(trial, doctor, client, [
    ...inBundles,
    ...bySearch(doctor, rows).filter(({ path }) => path === '_id'),
  ])
  await askBytes(trial, doctor, client, rows)
  await askReferences(trial, doctor, client, rows)
  await askAccessLogs(trial, doctor, client, rows)
  proven(trial, 5000)
  assert.deepEqual(trial.differences, [])
})
