import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FhirError } from '../../../src/fhir/error.ts'
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
    settled,
    async letGo() {
      release()
      await settled()
    },
  }
}

test('calls that come in together share a batch, and those that come meanwhile the next one', async () => {
  const { batches, call, settled, letGo } = doubling()
  const first = Promise.all([1, 2].map(call))
  await settled()
  assert.deepEqual(batches, [[1, 2]])
  const later = Promise.all([3, 4].map(call))
  await settled()
  assert.deepEqual(batches, [[1, 2]])
  await letGo()
  assert.deepEqual(batches, [
    [1, 2],
    [3, 4],
  ])
  await letGo()
  assert.deepEqual(
    [await first, await later],
    [
      [2, 4],
      [6, 8],
    ],
  )
})

test('an item that fails fails alone', async () => {
  const { batches, call, settled, letGo } = doubling()
  const results = Promise.allSettled([13, 2].map(call))
  await settled()
  for (let step = 0; step < 3; step++) await letGo()
  assert.deepEqual(
    (await results).map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
  assert.deepEqual(batches, [[13, 2], [13], [2]])
})

test('what comes later is judged by a run that begins later', async () => {
  const { batches, call, settled, letGo } = doubling()
  const first = call(1)
  await settled()
  const second = call(1)
  await letGo()
  await letGo()
  assert.deepEqual(batches, [[1], [1]])
  assert.deepEqual(await Promise.all([first, second]), [2, 2])
})

test('when the database is away or overloaded, all fail at once: each alone would only wait for it again', async () => {
  for (const problem of ['unavailable', 'tooCostly'] as const) {
    let runs = 0
    const call = createBatched<number, number>(async () => {
      runs++
      throw new FhirError(problem, 'not now')
    })
    const results = await Promise.allSettled([1, 2, 3].map(call))
    assert.deepEqual(
      results.map((result) => result.status === 'rejected' && (result.reason as FhirError).problem),
      [problem, problem, problem],
    )
    assert.equal(runs, 1)
  }
})
