import { readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import knex, { type Knex } from 'knex'
import { clientSettings, type Database } from './open-database.ts'

const tableName = 'migration'
const lock = 7_315_602_241

/** Beside the compiled sources, so that a build always runs its own migrations. */
const folder = path.join(import.meta.dirname, '..', '..', 'migrations')

/** The migrations of this build that the schema has not had, in order. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const [found] = await database.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `"${database.options.schema}".${tableName}`,
  ])
  const done = found?.there ? await database.query<{ name: string }>(`select name from ${tableName}`) : []
  const names = new Set(done.map(({ name }) => name))
  return migrationFiles()
    .map(nameOf)
    .filter((name) => !names.has(name))
}

/** Throws when the server must not serve on this schema: it would meet tables that are not there. */
export async function refusePendingMigrations(database: Database): Promise<void> {
  const pending = await pendingMigrations(database)
  if (pending.length === 0) return
  throw new Error(`The database schema is behind by ${pending.join(', ')}. Run: npm run migrate`)
}

/** Runs what is pending, each file in its own transaction; answers the names. Safe to run from several servers at once. */
export async function migrate(database: Database): Promise<string[]> {
  const { options } = database
  const connection = clientSettings({ ...options, statementTimeout: 0 }) as Knex.PgConnectionConfig
  const migrator = knex({
    client: 'pg',
    connection,
    pool: { min: 0, max: 2 },
    migrations: { migrationSource: source, schemaName: options.schema, tableName },
  })
  const session = await database.session()
  try {
    await session.query('set statement_timeout = 0')
    await session.query('select pg_advisory_lock($1)', [lock])
    await ensureSchema(migrator, options.schema)
    // Whoever holds our lock is alone: a row that knex left locked is of a process that was killed.
    await migrator.migrate.forceFreeMigrationsLock()
    const [, names] = (await migrator.migrate.latest()) as [number, string[]]
    return names
  } finally {
    await migrator.destroy()
    // Ends the session, and with it the lock.
    session.release(true)
  }
}

/** Asked first: an account that may not create schemas may not say "if not exists" either. */
async function ensureSchema(migrator: Knex, schema: string): Promise<void> {
  const { rows } = (await migrator.raw('select from pg_namespace where nspname = ?', [schema])) as { rows: unknown[] }
  if (rows.length === 0) await migrator.raw('create schema ??', [schema])
}

const source: Knex.MigrationSource<string> = {
  getMigrations: () => Promise.resolve(migrationFiles()),
  getMigrationName: nameOf,
  getMigration: (file) => import(pathToFileURL(path.join(folder, file)).href) as Promise<Knex.Migration>,
}

function migrationFiles(): string[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-.*\.(js|ts)$/.test(file))
    .sort()
}

function nameOf(file: string): string {
  return file.replace(/\.(js|ts)$/, '')
}
