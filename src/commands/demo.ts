/**
 * `npm run demo`: fills a running, empty server with a small hospital through its public API, and prints who can log in.
 *
 *     npm run demo -- [--url http://localhost:8080] [--email ADMIN] [--password SECRET] [--totp-key KEY]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { administratorOf } from './administrator.ts'
import { createOutbox } from './demo/outbox.ts'
import { runDemo } from './demo/run-demo.ts'
import { sights } from './demo/story.ts'
import { createProgress } from './progress.ts'

const { values } = parseArgs({
  options: {
    ...{ url: { type: 'string' }, email: { type: 'string' } },
    ...{ password: { type: 'string' }, 'totp-key': { type: 'string' } },
  } as const,
})

const progress = createProgress(process.stdout)
try {
  const { publicUrl, dataDir, firstAdministrator } = readConfig()
  const people = await runDemo({
    publicUrl: values.url?.replace(/\/+$/, '') ?? publicUrl,
    administrator: await administratorOf(values, firstAdministrator),
    outbox: createOutbox(join(dataDir, 'outbox'), Date.now() - 1000),
    progress,
  })
  progress.end()
  const width = Math.max(...people.map(({ who }) => who.length))
  console.log('\nThese can log in now:\n')
  for (const { who, credentials, totpKey } of people) {
    console.log(`  ${who.padEnd(width)}  ${credentials.email}  ${credentials.password}`)
    if (totpKey !== undefined) console.log(`  ${''.padEnd(width)}  key for an authenticator app: ${totpKey}`)
  }
  console.log(`\nWorth a look:\n\n${sights.map((line) => `  ${line}`).join('\n')}`)
} catch (error) {
  progress.end()
  console.error((error as Error).message)
  process.exitCode = 1
}
