import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'

const runner = path.join(import.meta.dirname, '..', 'run.js')

/** It would tell the inner run to report to this one. */
const { NODE_TEST_CONTEXT: _outer, ...env } = process.env

const title = 'a run of tests whose output nobody reads on ends, and says so by its exit code'

test(title, { timeout: 60_000 }, async ({ signal }) => {
  const run = spawn(process.execPath, [runner, 'api/answers.test.js', 'api/metadata.test.js'], {
    ...{ env, signal, killSignal: 'SIGKILL' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(run, 'exit')
  await once(run.stdout, 'data')
  run.stdout.destroy()
  assert.deepEqual(await ended, [1, null])
})
