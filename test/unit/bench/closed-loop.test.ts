import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { closedLoop } from '../../bench/closed-loop.ts'

test('the rate is that of the callers together', async () => {
  const { rate, errors } = await closedLoop(() => sleep(20), { concurrency: 4, seconds: 0.4, seed: 1 })
  // Timers are late on a busy machine, never early.
  assert.ok(rate > 20 && rate <= 4 * 55, `${rate} a second`)
  assert.equal(errors, 0)
})

test('calls that take longer than the time are waited for', async () => {
  const { count, rate } = await closedLoop(() => sleep(300), { concurrency: 2, seconds: 0.1, seed: 1 })
  assert.ok(count >= 2, `${count} calls`)
  assert.ok(rate > 0 && rate < 7, `${rate} a second`)
})

test('an operation that fails is counted and does not stop the others', async () => {
  let n = 0
  const work = async () => {
    await sleep(1)
    if (n++ % 2 === 0) throw new Error('refused')
  }
  const { errors, count, firstError } = await closedLoop(work, { concurrency: 2, seconds: 0.2, seed: 1 })
  assert.ok(errors > 0 && count > 0)
  assert.equal(firstError, 'refused')
})
