import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'

/** Children get none of our environment: it may hold secrets. */
export const childEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }

export const superuser = 'postgres'

interface Options {
  folder: string
  binaries: Binaries
  account: Account | undefined
  durable: boolean
}

/**
 * Makes the cluster when it is not there yet. It is made beside its place and renamed, so that one that was interrupted never
 * looks like a cluster.
 *
 * The built-in C.UTF-8 locale sorts alike on every machine and does not depend on the ICU that comes with the binaries.
 */
export async function ensureCluster({ folder, binaries, account, durable }: Options): Promise<void> {
  if (existsSync(path.join(folder, 'PG_VERSION'))) return
  removeUnfinished(folder)
  const unfinished = `${folder}.init-${process.pid}`
  mkdirSync(unfinished, { mode: 0o700 })
  if (account) chownSync(unfinished, account.uid, account.gid)
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const args = ['-D', unfinished, '-U', superuser, '-A', 'trust', '-E', 'UTF8', ...locale, '--no-instructions']
  await run(binaries.initdb, durable ? args : [...args, '--no-sync'], { ...account, cwd: unfinished })
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    rmSync(unfinished, { recursive: true, force: true })
    if (existsSync(path.join(folder, 'PG_VERSION'))) return
    throw new Error(`${folder} is in the way: it is not empty, and not a Postgres cluster.`)
  }
  renameSync(unfinished, folder)
}

function removeUnfinished(folder: string): void {
  const parent = path.dirname(folder)
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(`${path.basename(folder)}.init-`) ? Number(name.split('-').at(-1)) : undefined
    if (pid !== undefined && !isRunning(pid)) rmSync(path.join(parent, name), { recursive: true, force: true })
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function run(command: string, args: readonly string[], options: { uid?: number; gid?: number; cwd: string }) {
  return new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, { ...options, env: childEnvironment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
    child.on('error', (cause) => reject(cannotRun(command, cause)))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${path.basename(command)} failed (${code}): ${output.trim().slice(-800)}`))
    })
  })
}

export function cannotRun(command: string, cause: Error): Error {
  return new Error(
    `${command} cannot run here: ${cause.message}. The embedded Postgres needs glibc 2.27 or later, or macOS; ` +
      'elsewhere set DATABASE_URL.',
    { cause },
  )
}
