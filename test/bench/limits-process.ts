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
  const answer = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('The process of the limits ended'))),
    ])) as [T]
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
