/**
 * `npm run audit:verify`: walks the seals of the audit trail and every row below them, while the server runs or not, and names
 * the first that does not fit.
 */
import path from 'node:path'
import { readConfig, type Settings } from '../config.ts'
import { createAuditSeals } from '../store/create-audit-seals.ts'
import { createStore } from '../store/create-store.ts'
import { joinEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { installSecret } from '../store/install-value.ts'
import { derivedKey, readMasterKey } from '../store/master-key.ts'
import { refusePendingMigrations } from '../store/migrations.ts'
import { openDatabase } from '../store/open-database.ts'
import { openObjects } from '../store/open-objects.ts'
import { createKeys } from '../search/keys.ts'
import { createProgress } from './progress.ts'

const progress = createProgress(process.stdout)
try {
  await run(readConfig())
} catch (error) {
  progress.end()
  console.error((error as Error).message)
  process.exitCode = 1
}

async function run(settings: Settings): Promise<void> {
  const { url, schema, statementTimeout } = settings.database
  const embedded = url ? undefined : await joinEmbeddedPostgres({ dataDir: settings.dataDir })
  const database = openDatabase({ schema, pool: 2, statementTimeout, connection: url ?? embedded!.connection })
  try {
    await refusePendingMigrations(database)
    const objects = await openObjects(settings)
    const keys = createKeys(await installSecret(database))
    const store = await createStore({ database, keys, objects })
    const masterKey = readMasterKey(settings.masterKeyFile ?? path.join(settings.dataDir, 'master.key'), false)
    const key = derivedKey(masterKey, 'audit trail')
    const seals = createAuditSeals({ store, objects, key })
    const {
      rows,
      seals: links,
      dropped,
      unsealed,
      problem,
    } = await seals.verify((done, total) => progress.show(done, total, `${done} of ${total} seals`))
    progress.end()
    if (problem !== undefined) {
      console.error(`The audit trail does not fit: ${problem} (${rows} rows in ${links} seals before it fit.)`)
      process.exitCode = 1
      return
    }
    const over = dropped > 0 ? ` The rows of ${dropped} older seals are no longer kept.` : ''
    console.log(`${rows} rows in ${links} seals fit; ${unsealed} are not sealed yet.${over}`)
  } finally {
    await database.close()
    await embedded?.stop()
  }
}
