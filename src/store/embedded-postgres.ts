import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { barrier } from './embedded/account.ts'
import { findBinaries } from './embedded/binaries.ts'
import { ensureCluster, isRunning, superuser } from './embedded/cluster.ts'
import { clusterFolder, socketFolder } from './embedded/folders.ts'
import { settingsOf } from './embedded/settings.ts'
import { superviseServer } from './embedded/supervisor.ts'

export interface EmbeddedPostgres {
  readonly connection: { readonly host: string; readonly user: string; readonly database: string }
  /** Where the cluster is: `postgres` in the data folder, or what that links to. */
  readonly folder: string
  stop(): Promise<void>
  /** Resolves with the server's last output when it has ended, wanted or not. */
  readonly exited: Promise<string>
}

export interface EmbeddedOptions {
  dataDir: string
  /** False: no fsync at all, for throw-away clusters of tests. */
  durable?: boolean
}

/**
 * The Postgres of the plain start command: the binaries that npm installed, on a cluster in the data folder, reachable through
 * a Unix socket in a private folder only. It ends when this process ends.
 */
export async function startEmbeddedPostgres({ dataDir, durable = true }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('The embedded Postgres is not offered on Windows: set DATABASE_URL, or start in WSL.')
  }
  const { folder, account } = clusterFolder(path.resolve(dataDir))
  const blocked = barrier(path.dirname(folder), account)
  if (blocked) {
    throw new Error(
      `Postgres runs as the user with id ${account?.uid}, who may not enter ${blocked}: ` +
        'set DATA_DIR to a folder elsewhere, or DATABASE_URL.',
    )
  }
  const binaries = await findBinaries(path.resolve(dataDir), account)
  await ensureCluster({ folder, binaries, account, durable })
  const socket = socketFolder(folder, account)
  const forget = () => socket.temporary && rmSync(socket.folder, { recursive: true, force: true })
  const server = await superviseServer({
    folder,
    binaries,
    account,
    settings: settingsOf(socket.folder, durable),
  }).catch((error: unknown) => {
    forget()
    throw error
  })
  const exited = server.exited.finally(forget)
  return {
    connection: { host: socket.folder, user: superuser, database: 'postgres' },
    folder,
    exited,
    async stop() {
      await server.stop()
      await exited
    },
  }
}

/** The cluster of a server that runs on the data folder, which keeps it; or one started for the caller, who stops it. */
export async function joinEmbeddedPostgres(
  options: EmbeddedOptions,
): Promise<Pick<EmbeddedPostgres, 'connection' | 'stop'>> {
  const running = runningSocket(path.resolve(options.dataDir))
  if (running === undefined) return startEmbeddedPostgres(options)
  return { connection: { host: running, user: superuser, database: 'postgres' }, stop: async () => undefined }
}

/** https://www.postgresql.org/docs/current/storage-file-layout.html: the process, and in the fifth line the socket's folder. */
function runningSocket(dataDir: string): string | undefined {
  const file = path.join(dataDir, 'postgres', 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const [pid, , , , socket, , , state] = readFileSync(file, 'utf8').split('\n')
  return socket && isRunning(Number(pid)) && state?.trim() === 'ready' ? socket : undefined
}
