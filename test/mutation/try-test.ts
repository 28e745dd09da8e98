import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { prefixVariable } from '../support/database.ts'
import type { Copy } from './copy.ts'

export interface Tried {
  readonly outcome: 'passed' | 'failed' | 'too long'
  /** The title of the test that failed first, or how the process ended. */
  readonly by: string
  readonly seconds: number
}

interface Asked {
  readonly copy: Pick<Copy, 'root' | 'prefix'>
  /** Below `test/`. */
  readonly file: string
  /** Seconds. */
  readonly limit: number
  /** Ends it early. */
  readonly signal: AbortSignal
}

/** Runs one built test file of a copy up to its first failure. */
export function tryTest({ copy: { root, prefix }, file, limit, signal }: Asked): Promise<Tried> {
  const began = performance.now()
  const args = ['--test-reporter=tap', join(root, 'dist', 'test', file.replace(/\.ts$/, '.js'))]
  const env = { ...process.env, [prefixVariable]: prefix, TMPDIR: join(root, 'tmp') }
  // A group of its own, so that servers which a test started end with it.
  const child = spawn(process.execPath, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  return new Promise((resolve) => {
    let rest = ''
    let ended = false
    const end = (outcome: Tried['outcome'], by: string) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      signal.removeEventListener('abort', interrupted)
      stop(child.pid)
      resolve({ outcome, by, seconds: (performance.now() - began) / 1000 })
    }
    const interrupted = () => end('too long', 'interrupted')
    signal.addEventListener('abort', interrupted)
    const timer = setTimeout(() => end('too long', `no answer after ${limit} s`), limit * 1000)
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      const failed = lines.map((line) => /^\s*not ok \d+ - (.*)$/.exec(line)?.[1]).find((title) => title !== undefined)
      if (failed !== undefined && !/# (SKIP|TODO)/.test(failed)) end('failed', failed)
    })
    child.on('error', (error) => end('failed', error.message))
    child.on('close', (code) => end(code === 0 ? 'passed' : 'failed', `exit code ${code}`))
  })
}

function stop(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
