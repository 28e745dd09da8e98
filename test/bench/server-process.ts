import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ServerProcess {
  readonly pid: number
  readonly origin: string
  readonly dataDir: string
  /** From the start of the process to the first answer of `/health/ready`, in ms. */
  readonly startedIn: number
  stop(): Promise<void>
}

export const administrator = { email: 'admin@bench.example', password: 'bench-harbour-lantern-42' }

/** The server as in production: access, audit and logs on, rate limits out of the way, on a database of the cluster. */
export async function startServer(folder: string, databaseUrl: string): Promise<ServerProcess> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const key = join(folder, 'master.key')
  if (!existsSync(key)) writeFileSync(key, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  const log = join(folder, 'server.log')
  const output = openSync(log, 'a')
  const started = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.js')], {
    stdio: ['ignore', output, output],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: String(port),
      PUBLIC_URL: origin,
      DATA_DIR: folder,
      DATABASE_URL: databaseUrl,
      MASTER_KEY_FILE: key,
      ADMIN_EMAIL: administrator.email,
      ADMIN_PASSWORD: administrator.password,
      REQUIRE_SECOND_FACTOR: 'none',
      RATE_LIMIT_SCALE: '1000000',
    },
  })
  while (!(await isReady(origin))) {
    if (child.exitCode !== null || performance.now() - started > 60_000) {
      child.kill('SIGKILL')
      throw new Error(`The server did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`)
    }
    await sleep(20)
  }
  return {
    pid: child.pid!,
    origin,
    dataDir: folder,
    startedIn: performance.now() - started,
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function isReady(origin: string): Promise<boolean> {
  return fetch(`${origin}/health/ready`).then(
    (response) => response.ok,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
