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
 * A closed loop: `concurrency` callers, each with one call under way at a time. A quarter of the time warms up; then what
 * ends within the time counts. Where that is little, what began in the time counts, and its end is waited for: each caller
 * has one such call at least.
 */
export async function closedLoop(
  work: Work,
  options: { concurrency: number; seconds: number; seed: number },
  around?: Around,
): Promise<Loop> {
  const { concurrency, seconds, seed } = options
  const calls: { from: number; to: number }[] = []
  let errors = 0
  let firstError: string | undefined
  let begin = Number.POSITIVE_INFINITY
  let end = Number.POSITIVE_INFINITY

  async function caller(n: number): Promise<void> {
    const random = createRandom(seed + n * 7_919)
    for (let hasBegun = false; !hasBegun || performance.now() < end;) {
      const from = performance.now()
      hasBegun ||= from >= begin
      try {
        await work(random)
        calls.push({ from, to: performance.now() })
      } catch (error) {
        errors++
        firstError ??= String((error as Error).message).slice(0, 300)
        await sleep(20)
      }
    }
  }

  const callers = Array.from({ length: concurrency }, (_, n) => caller(n))
  await sleep(Math.max(150, seconds * 250))
  around?.started()
  begin = performance.now()
  end = begin + seconds * 1000
  await sleep(seconds * 1000)
  let wall = performance.now() - begin
  let counted = calls.filter(({ to }) => to >= begin)
  const few = counted.length < 3 * concurrency
  if (!few) around?.ended()
  await Promise.all(callers)
  if (few) {
    around?.ended()
    wall = performance.now() - begin
    counted = calls.filter(({ from }) => from >= begin)
  }
  const sorted = counted.map(({ from, to }) => to - from).sort((a, b) => a - b)
  const quantile = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  const count = sorted.length
  return { rate: count / (wall / 1000), p50: quantile(0.5), p95: quantile(0.95), count, errors, firstError }
}
