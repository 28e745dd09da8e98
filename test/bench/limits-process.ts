import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Loop } from './closed-loop.ts'

export interface Limits {
  readonly pid: number
  readonly origin: string
  /** How many rows `/select/:n` can choose from. */
  readonly rows: number
  measureInsert(options: { concurrency: number; seconds: number; seed: number }): Promise<Loop>
  stop(): void
}

export async function startLimits(database: string, folder: string): Promise<Limits> {
  const child = fork(join(import.meta.dirname, 'limits.js'), [database, folder], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The process of the limits ended')))
  // Whoever waits for an answer hears of it; an end that nobody waits for is the stop.
  ended.catch(() => undefined)
  const answer = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [T]
    return message
  }
  const { port, rows } = await answer<{ port: number; rows: number }>()
  return {
    pid: child.pid!,
    origin: `http://127.0.0.1:${port}`,
    rows,
    async measureInsert(options) {
      child.send(options)
      return (await answer<{ loop: Loop }>()).loop
    },
    stop: () => child.kill(),
  }
}
