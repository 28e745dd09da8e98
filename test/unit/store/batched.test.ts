import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatched } from '../../../src/store/batched.ts'

/** Answers each item doubled when it is let go. */
function doubling() {
  const batches: (readonly number[])[] = []
  let release: () => void = () => undefined
  const call = createBatched<number, number>(async (items) => {
    batches.push(items)
    await new Promise<void>((done) => (release = done))
    if (items.includes(13)) throw new Error('thirteen')
    return items.map((item) => item * 2)
  })
  const settled = () => new Promise((done) => setImmediate(done))
  return {
    batches,
    call,
    async letGo() {
      release()
      await settled()
    },
  }
}

test('a single call does not wait, and calls that come meanwhile share the next batch', async () => {
  const { batches, call, letGo } = doubling()
  const results = Promise.all([1, 2, 3].map(call))
  assert.deepEqual(batches, [[1]])
  await letGo()
  assert.deepEqual(batches, [[1], [2, 3]])
  await letGo()
  assert.deepEqual(await results, [2, 4, 6])
})

test('an item that fails fails alone', async () => {
  const { batches, call, letGo } = doubling()
  const results = Promise.allSettled([1, 13, 2].map(call))
  for (let step = 0; step < 4; step++) await letGo()
  assert.deepEqual(
    (await results).map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(batches, [[1], [13, 2], [13], [2]])
})

test('what comes later is judged by a run that begins later', async () => {
  const { batches, call, letGo } = doubling()
  const first = call(1)
  const second = call(1)
  await letGo()
  await letGo()
  assert.deepEqual(batches, [[1], [1]])
  assert.deepEqual(await Promise.all([first, second]), [2, 2])
})
