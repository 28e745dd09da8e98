import { readConfig } from '../config.ts'
import { startEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { migrate } from '../store/migrations.ts'
import { openDatabase } from '../store/open-database.ts'

/** `npm run migrate`: brings the schema up to this build. Safe while another one runs it; the server may be stopped or not. */
const settings = readConfig()
const embedded = settings.database.url ? undefined : await startEmbeddedPostgres({ dataDir: settings.dataDir })
try {
  const { url, ...options } = settings.database
  const database = openDatabase({ ...options, connection: url ?? embedded!.connection })
  try {
    const names = await migrate(database)
    console.log(names.length > 0 ? `Migrated: ${names.join(', ')}` : 'The schema is up to date.')
  } finally {
    await database.close()
  }
} finally {
  await embedded?.stop()
}
