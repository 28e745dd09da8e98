import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { doctor } from './matrix-oracle.ts'
import { byType } from './matrix-questions.ts'
import { ask, aTrial, proven } from './matrix-trial.ts'
import { aWorld, type World } from './matrix-world.ts'
import { byWriting } from './matrix-writes.ts'

let world: World
before(async () => {
  world = await aWorld()
})
after(() => world.close())

test('searches, histories and writes tell a doctor of no row that the table of situations hides', async () => {
  const trial = aTrial()
  await ask(trial, doctor, world.doctor, byType(doctor, world.rows))
  await ask(trial, doctor, world.doctor, byWriting(doctor, world.rows))
  proven(trial, 8000)
  assert.deepEqual(trial.differences, [])
})
