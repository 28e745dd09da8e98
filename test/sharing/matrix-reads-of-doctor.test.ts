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
  // What was asked is shown to patients before they are answered, so that the first question costs least.
  await askAccessLogs(trial, doctor, client, rows)
  const [read, found] = [byId(doctor, rows), bySearch(doctor, rows)]
  await ask(trial, doctor, client, [...read, ...found, ...byRecord(doctor, rows)])
  const inTransactions = [...read, ...found].filter(({ path }, n) => n % 3 === 0 && (path === 'read' || path === '_id'))
  await askTogether(trial, doctor, client, inTransactions)
  await askBytes(trial, doctor, client, rows)
  await askReferences(trial, doctor, client, rows)
  proven(trial, 2000)
  assert.deepEqual(trial.differences, [])
})
