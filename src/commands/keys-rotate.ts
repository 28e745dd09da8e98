/**
 * `npm run keys:rotate`: new keys that sign ID tokens, while the servers run or not. Without a leak nobody notices: the new keys are
 * shown at once and sign a day later. `-- --leaked`: the old ones are gone now.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig, type Settings } from '../config.ts'
import { createKeyRotation } from '../oauth/key-rotation.ts'
import { instant, type SigningKey } from '../oauth/signing-keys.ts'
import { createKeys } from '../search/keys.ts'
import { createStore } from '../store/create-store.ts'
import { joinEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { installSecret } from '../store/install-value.ts'
import { readMasterKey } from '../store/master-key.ts'
import { refusePendingMigrations } from '../store/migrations.ts'
import { openDatabase } from '../store/open-database.ts'
import { openObjects } from '../store/open-objects.ts'

try {
  const { values } = parseArgs({ options: { leaked: { type: 'boolean', default: false } } })
  await run(readConfig(), values.leaked)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function run(settings: Settings, leaked: boolean): Promise<void> {
  const { url, schema, statementTimeout } = settings.database
  const embedded = url ? undefined : await joinEmbeddedPostgres({ dataDir: settings.dataDir })
  const database = openDatabase({ schema, pool: 2, statementTimeout, connection: url ?? embedded!.connection })
  try {
    await refusePendingMigrations(database)
    const keys = createKeys(await installSecret(database))
    const store = await createStore({ database, keys, objects: await openObjects(settings) })
    const masterKey = readMasterKey(settings.masterKeyFile ?? path.join(settings.dataDir, 'master.key'), false)
    const rotated = await createKeyRotation({ store, masterKey }).rotate({ leaked })
    if (!rotated) throw new Error('There are no signing keys yet: the first start of the server makes them.')
    console.log(told(rotated, leaked))
  } finally {
    await database.close()
    await embedded?.stop()
  }
}

function told(keys: readonly SigningKey[], leaked: boolean): string {
  const newest = Math.max(...keys.map(({ signsFrom }) => signsFrom))
  const [newer, older] = [true, false].map((is) => keys.filter(({ signsFrom }) => (signsFrom === newest) === is))
  const names = newer!.map(({ key }) => key.kid).join(' and ')
  if (leaked) return `${names} sign from now on, on every server within seconds. All other keys are gone.`
  const ends = older!.map(({ endsAt = 0 }) => endsAt)
  return [
    `${names} are published now and sign from ${instant(newest)} on.`,
    `The keys that sign until then stay published until ${instant(Math.max(...ends))}. No server needs a restart.`,
  ].join('\n')
}
