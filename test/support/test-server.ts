import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { migrate } from '../../src/store/migrations.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { asAdministrator, withDatabase } from './database.ts'

export interface DatabaseServer {
  /** The migrated database that test files clone. */
  readonly template: string
  stop(): Promise<void>
}

/** The Postgres of one test run: a throw-away cluster without fsync, or the server that TEST_DATABASE_URL names. */
export async function startDatabaseServer(given: string | undefined): Promise<DatabaseServer> {
  const server = given === undefined ? await throwAway() : { url: given, stop: async () => undefined }
  const name = `chartshare_test_${process.pid}_template`
  const template = withDatabase(server.url, name)
  try {
    await asAdministrator(server.url, (admin) => admin.query(`create database ${name}`))
    const database = openDatabase({ connection: template })
    await migrate(database).finally(() => database.close())
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    template,
    async stop() {
      // With the cluster, its databases go; on a server that stays, ours must be dropped.
      if (given !== undefined) {
        await asAdministrator(server.url, (admin) => admin.query(`drop database ${name} with (force)`))
      }
      await server.stop()
    },
  }
}

async function throwAway() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-run-'))
  // As root, Postgres runs as another account, which has to enter.
  chmodSync(dataDir, 0o711)
  const { connection, stop } = await startEmbeddedPostgres({ dataDir, durable: false })
  const { host, user, database } = connection
  return {
    url: `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host)}`,
    async stop() {
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
