/**
 * `npm run reindex`: makes the index of what is stored fit the search parameters of today, while the server runs. Interrupted,
 * it goes on where it stopped.
 */
import { parseArgs } from 'node:util'
import { readConfig, type Settings } from '../config.ts'
import { loadDefinitions } from '../definitions/load.ts'
import { createSearch, type Search } from '../search/create-search.ts'
import { digestOf, firstMeaning } from '../search/index-state.ts'
import { createKeys } from '../search/keys.ts'
import { howIndexed } from '../sharing/how-indexed.ts'
import { createReindex } from '../store/create-reindex.ts'
import { joinEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { installSecret } from '../store/install-value.ts'
import { refusePendingMigrations } from '../store/migrations.ts'
import { type Database, openDatabase } from '../store/open-database.ts'
import { openIndexState } from '../store/open-index-state.ts'
import { createSearchIndex, type SearchIndex } from '../store/search-index.ts'
import { createProgress } from './progress.ts'
import { runReindex } from './reindex/run-reindex.ts'

const usage = `npm run reindex -- [options]

  --type TYPE[,TYPE]  only these resource types
  --all               every type, also those whose index is complete (after an upgrade that says so)`

/** Of the advisory lock that keeps a second run out. */
const lock = 7_315_602_242

const progress = createProgress(process.stdout)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
try {
  const { values } = parseArgs({ options: { type: { type: 'string' }, all: { type: 'boolean', default: false } } })
  await run(
    readConfig(),
    values.type?.split(',').map((type) => type.trim()),
    values.all,
  )
} catch (error) {
  progress.end()
  const { code, message } = error as Error & { code?: string }
  console.error(code?.startsWith('ERR_PARSE_ARGS') ? `${message}\n\n${usage}` : message)
  process.exitCode = 1
}

async function run(settings: Settings, asked: readonly string[] | undefined, all: boolean): Promise<void> {
  const { url, schema, pool, statementTimeout } = settings.database
  const embedded = url ? undefined : await joinEmbeddedPostgres({ dataDir: settings.dataDir })
  const database = openDatabase({ schema, pool, statementTimeout, connection: url ?? embedded!.connection })
  try {
    await refusePendingMigrations(database)
    await alone(database, () => reindexed(settings, database, asked, all))
  } finally {
    await database.close()
    await embedded?.stop()
  }
}

async function reindexed(settings: Settings, database: Database, asked: readonly string[] | undefined, all: boolean) {
  const definitions = await loadDefinitions(settings.profilesDir)
  const unknown = asked?.find((type) => !definitions.isResourceType(type))
  if (unknown !== undefined) throw new Error(`"${unknown}" is no resource type.\n\n${usage}`)
  const keys = createKeys(await installSecret(database))
  const base = `${settings.publicUrl}/fhir`
  const search = createSearch({ definitions, keys, base, cursorSecret: Buffer.alloc(32), ...howIndexed })
  const index = createSearchIndex(database)
  await refuseOldServer(settings.publicUrl, index, search)
  const lacking = await openIndexState(index, firstMeaning(definitions)).compare(search.indexed())
  const unfinished = (await index.unfinished()).filter((type) => definitions.isResourceType(type))
  const types = asked ?? (all ? definitions.resourceTypes : [...new Set([...lacking.keys(), ...unfinished])].sort())
  if (types.length === 0) return console.log('The index is up to date.')
  const reindex = await createReindex(database)
  const finished = await runReindex(types, { reindex, search, progress, signal: stop.signal })
  progress.end()
  for (const { type, rows } of finished) if (rows > 0) console.log(`${type}: ${rows} indexed`)
  if (finished.length < types.length) {
    console.log('Stopped. `npm run reindex` goes on from here.')
    process.exitCode = 1
    return
  }
  const failed = finished.flatMap(({ type, failed: ids }) => ids.map((one) => `${type}/${one}`))
  if (failed.length > 0) {
    console.error(`These cannot be indexed, and are found by what was indexed before:\n${failed.join('\n')}`)
    process.exitCode = 1
    return
  }
  console.log(`The index${asked ? ` of ${asked.join(', ')}` : ''} is up to date.`)
}

/** What it writes meanwhile would lack the new parameters. */
async function refuseOldServer(url: string, index: SearchIndex, search: Search): Promise<void> {
  const served = await index.served()
  if (served === undefined || served === digestOf(search.indexed())) return
  const isRunning = await fetch(`${url}/health/live`).then(
    (response) => response.ok,
    () => false,
  )
  if (!isRunning) return
  throw new Error(`The server at ${url} was started with other search parameters: start it again first, then reindex.`)
}

async function alone(database: Database, work: () => Promise<void>): Promise<void> {
  const session = await database.session()
  try {
    const [row] = await session.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [lock])
    if (!row?.mine) throw new Error('Another reindex is running.')
    await work()
  } finally {
    // Ends the session, and with it the lock.
    session.release(true)
  }
}
