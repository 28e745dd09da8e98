import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from './sign-in.ts'

const main = path.join(import.meta.dirname, '..', '..', 'src', 'main.js')
export const administrator = { email: 'office@example.org', password: 'seven lanterns at the harbour' }

/** The server as a user starts it: a process of its own on embedded defaults, in a folder of its own. */
export interface ServerProcess {
  readonly url: string
  readonly dataDir: string
  readonly child: ChildProcess
  /** Everything that it printed. */
  output(): string
  /** The process of its embedded Postgres. */
  postgres(): number
  token(): Promise<string>
  /** Resident memory in MB. */
  memory(): number
  ended: Promise<number | null>
}

export function newDataFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'chartshare-server-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** `more`: further settings, such as the database that several processes share. */
export async function startServerProcess(
  dataDir: string,
  port: number,
  more: Record<string, string> = {},
): Promise<ServerProcess> {
  const url = `http://localhost:${port}`
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      ...{ PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn', RATE_LIMIT_SCALE: '0', NODE_ENV: 'development' },
      ...{ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<number | null>((done) => child.once('exit', done))
  for (let waited = 0; !(await answers(url)); waited += 50) {
    if (child.exitCode !== null || waited > 120_000) throw new Error(`the server did not start:\n${output}`)
    await sleep(50)
  }
  return {
    ...{ url, dataDir, child, ended },
    output: () => output,
    postgres: () => Number(readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]),
    async token() {
      const signedIn = await signIn(url, administrator)
      if ('page' in signedIn) throw new Error(signedIn.page.html)
      return signedIn.token
    },
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024,
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  )
}
