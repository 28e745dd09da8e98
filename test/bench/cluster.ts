import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { migrate } from '../../src/store/migrations.ts'
import { openDatabase } from '../../src/store/open-database.ts'

/** A throw-away Postgres that keeps its promises (fsync and all), with a database for the server and one for the limits. */
export interface Cluster {
  readonly pid: number
  /** The Unix socket. */
  readonly socket: string
  urlOf(database: 'chartshare' | 'limits', port?: number): string
  version(): Promise<string>
  /** What Postgres would else do in the background minutes after the server was filled, in the middle of what is measured. */
  vacuum(): Promise<void>
  stop(): Promise<void>
}

export async function startCluster(folder: string): Promise<Cluster> {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, durable: true })
  const { host, user } = postgres.connection
  const runOn = async (connection: pg.ClientConfig, ...texts: string[]) => {
    const client = new pg.Client(connection)
    await client.connect()
    try {
      const results = []
      for (const text of texts) results.push(await client.query(text))
      return results
    } finally {
      await client.end()
    }
  }
  const run = (...texts: string[]) => runOn(postgres.connection, ...texts)
  await run('create database chartshare', 'create database limits')
  const urlOf: Cluster['urlOf'] = (name, port) =>
    port === undefined
      ? `postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`
      : `postgres://${user}@127.0.0.1:${port}/${name}`
  const database = openDatabase({ connection: urlOf('chartshare') })
  await migrate(database)
  await database.close()
  return {
    pid: Number(readFileSync(join(postgres.folder, 'postmaster.pid'), 'utf8').split('\n')[0]),
    socket: join(host, '.s.PGSQL.5432'),
    urlOf,
    version: async () => String((await run('show server_version'))[0]!.rows[0].server_version),
    vacuum: async () => void (await runOn({ connectionString: urlOf('chartshare') }, 'vacuum analyze', 'checkpoint')),
    stop: () => postgres.stop(),
  }
}
