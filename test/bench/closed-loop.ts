import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

/** One repetition of an operation; throws when the answer is not the one expected. */
export type Work = (random: Random) => Promise<unknown>

export interface Loop {
  readonly rate: number
  readonly p50: number
  readonly p95: number
  readonly count: number
  readonly errors: number
  readonly firstError?: string
}

/** What happens just before and just after the measured part of a loop. */
export interface Around {
  started(): void
  ended(): void
}

/**
 * A closed loop: `concurrency` callers, each with one call under way at a time. A quarter of the time warms up. Where few
 * calls end in time, those under way are waited for and counted over the longer time.
 */
export async function closedLoop(
  work: Work,
  options: { concurrency: number; seconds: number; seed: number },
  around?: Around,
): Promise<Loop> {
  const { concurrency, seconds, seed } = options
  const latencies: number[] = []
  let errors = 0
  let firstError: string | undefined
  let state: 'warming' | 'measuring' | 'stopping' = 'warming'

  async function caller(n: number): Promise<void> {
    const random = createRandom(seed + n * 7_919)
    while (state !== 'stopping') {
      const start = performance.now()
      try {
        await work(random)
        if (start >= begin) latencies.push(performance.now() - start)
      } catch (error) {
        errors++
        firstError ??= String((error as Error).message).slice(0, 300)
        await sleep(20)
      }
    }
  }

  let begin = Number.POSITIVE_INFINITY
  const callers = Array.from({ length: concurrency }, (_, n) => caller(n))
  await sleep(Math.max(150, seconds * 250))
  state = 'measuring'
  around?.started()
  begin = performance.now()
  await sleep(seconds * 1000)
  state = 'stopping'
  let wall = performance.now() - begin
  let count = latencies.length
  const few = count < 3 * concurrency
  if (few) {
    await Promise.all(callers)
    wall = performance.now() - begin
    count = latencies.length
  }
  around?.ended()
  await Promise.all(callers)
  const sorted = latencies.slice(0, count).sort((a, b) => a - b)
  const quantile = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  return { rate: count / (wall / 1000), p50: quantile(0.5), p95: quantile(0.95), count, errors, firstError }
}
