/**
 * `npm run account:reset -- mail@example.org`: for whom nobody else can let in. Ends every session, removes every second step
 * and the password, and prints the link that sets a new one; while the server runs or not.
 */
import path from 'node:path'
import { readConfig, type Settings } from '../config.ts'
import { createAccountReset } from '../oauth/account-reset.ts'
import { createKeys } from '../search/keys.ts'
import { mailChannel, mailbox } from '../sharing/mail-channel.ts'
import { createMail } from '../sharing/mail.ts'
import { createOutbox } from '../sharing/outbox.ts'
import { createStore } from '../store/create-store.ts'
import { joinEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { installSecret } from '../store/install-value.ts'
import { derivedKey, readMasterKey } from '../store/master-key.ts'
import { refusePendingMigrations } from '../store/migrations.ts'
import { openDatabase } from '../store/open-database.ts'
import { openObjects } from '../store/open-objects.ts'

try {
  const [email, ...more] = process.argv.slice(2)
  if (email === undefined || more.length > 0)
    throw new Error('Name one address: npm run account:reset -- mail@example.org')
  console.log(await run(readConfig(), email))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function run(settings: Settings, email: string): Promise<string> {
  const { url, schema, statementTimeout } = settings.database
  const embedded = url ? undefined : await joinEmbeddedPostgres({ dataDir: settings.dataDir })
  const database = openDatabase({ schema, pool: 2, statementTimeout, connection: url ?? embedded!.connection })
  try {
    await refusePendingMigrations(database)
    const keys = createKeys(await installSecret(database))
    const store = await createStore({ database, keys, objects: await openObjects(settings) })
    const { publicUrl, dataDir } = settings
    const masterKey = readMasterKey(settings.masterKeyFile ?? path.join(dataDir, 'master.key'), false)
    const transport = createMail(settings.mail, path.join(dataDir, 'outbox'))
    // What cannot be sent before this ends, the server sends.
    const outbox = createOutbox({
      ...{ store, key: derivedKey(masterKey, 'outbox'), channels: mailChannel(transport, new URL(publicUrl).hostname) },
      log: { warn: (_details, text) => console.error(text), error: (_details, text) => console.error(text) },
    })
    const resetAccount = await createAccountReset({ store, masterKey, publicUrl, mail: mailbox(outbox) })
    const reset = await resetAccount(email).finally(() => outbox.stop())
    transport.close()
    if (!reset) throw new Error(`Nobody with the address ${email} has an account here that could sign in.`)
    return [
      `${reset.email} is signed out everywhere, has neither password nor second step any more, and is told so by mail.`,
      'This link sets a new password, once, within 30 minutes:',
      `  ${reset.link}`,
    ].join('\n')
  } finally {
    await database.close()
    await embedded?.stop()
  }
}
