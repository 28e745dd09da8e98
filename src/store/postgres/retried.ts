import { setTimeout as sleep } from 'node:timers/promises'
import { mayRetry } from '../pg-errors.ts'

const retries = 3

/** Runs the work, and again, three times at most, when what stopped it is gone when it is tried again. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt === retries || !mayRetry(error)) throw error
      await sleep(Math.random() * 10 * 2 ** attempt)
    }
  }
}
