import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { cannotRun, childEnvironment, isRunning } from './cluster.ts'

/**
 * Postgres as the child of a shell that holds the reading end of a pipe whose writing end is ours. When this process ends,
 * by whatever means (kill -9 too), the pipe closes and the shell tells Postgres to shut down fast: no orphan stays.
 */
const watchdog = `
"$@" 3<&- &
server=$!
trap 'kill -INT $server' TERM INT
(cat >/dev/null; kill -INT $server 2>/dev/null) <&3 3<&- &
wait $server
status=$?
[ $status -gt 128 ] && wait $server
exit $status`

const lockPatience = 5_000
const shutdownPatience = 60_000
const stopPatience = 8_000
const keptOutput = 20_000

interface Options {
  folder: string
  binaries: Binaries
  account: Account | undefined
  settings: readonly string[]
}

export interface RunningServer {
  stop(): Promise<void>
  /** Resolves with the last output when the server has ended, wanted or not. */
  readonly exited: Promise<string>
}

/** Starts the server on the cluster and waits until it answers; waits a while for one that is still shutting down. */
export async function superviseServer(options: Options): Promise<RunningServer> {
  const started = Date.now()
  for (;;) {
    const attempt = await start(options)
    if ('server' in attempt) return attempt.server
    const waited = Date.now() - started
    const { holder, stopping } = lockOf(options.folder)
    if (!/lock file|pre-existing shared memory/.test(attempt.output)) {
      throw new Error(`The embedded Postgres did not start: ${attempt.output.trim().slice(-800)}`)
    }
    if (waited > (stopping ? shutdownPatience : lockPatience)) {
      throw new Error(`${options.folder} is in use by another server (Postgres process ${holder ?? 'unknown'}).`)
    }
    await sleep(200)
  }
}

function start(options: Options): Promise<{ server: RunningServer } | { output: string }> {
  const { folder, binaries, account, settings } = options
  const args = ['-c', watchdog, 'sh', binaries.postgres, '-D', folder, ...settings.flatMap((each) => ['-c', each])]
  return new Promise((resolve, reject) => {
    const shell = spawn('/bin/sh', args, {
      ...account,
      cwd: folder,
      env: childEnvironment,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // Its own process group: Ctrl-C in a terminal is for us alone, we stop Postgres when the last request is answered.
      detached: true,
    })
    const pipe = shell.stdio[3] as Writable
    pipe.on('error', () => undefined)
    let output = ''
    const exited = new Promise<string>((done) => shell.on('close', () => done(output)))
    shell.stderr!.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString()).slice(-keptOutput)
      if (!output.includes('ready to accept connections')) return
      resolve({ server: { exited, stop: () => stop(shell, pipe, exited, folder) } })
    })
    shell.on('error', (cause) => reject(cannotRun(binaries.postgres, cause)))
    shell.on('exit', () => pipe.destroy())
    void exited.then(() => resolve({ output }))
  })
}

/** Fast shutdown; when its checkpoint takes too long, an immediate one, from which the next start recovers everything. */
async function stop(shell: ChildProcess, pipe: Writable, exited: Promise<string>, folder: string): Promise<void> {
  pipe.end()
  const inTime = await Promise.race([exited.then(() => true), sleep(stopPatience, false, { ref: false })])
  if (inTime || shell.exitCode !== null) return
  const { holder } = lockOf(folder)
  if (holder !== undefined && isRunning(holder)) process.kill(holder, 'SIGQUIT')
  await exited
}

/** The first line of `postmaster.pid` is the holder's process id, the eighth its state. */
function lockOf(folder: string): { holder?: number; stopping: boolean } {
  let text: string
  try {
    text = readFileSync(path.join(folder, 'postmaster.pid'), 'utf8')
  } catch (error) {
    // Its server removed it just now.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { stopping: true }
    throw error
  }
  const lines = text.split('\n')
  return { holder: Number(lines[0]), stopping: lines[7]?.trim() === 'stopping' }
}
