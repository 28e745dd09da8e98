/**
 * `npm run import -- FILES…`: loads FHIR JSON, Bundles and NDJSON, files or folders, directly or through the API of a
 * running server. Interrupted, it goes on where it stopped.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import type { Settings } from '../config.ts'
import { administratorOf } from './administrator.ts'
import { createHttpLoader } from './import/http-loader.ts'
import { filesUnder, inspectFile } from './import/inspect-file.ts'
import { loadOrder } from './import/load-order.ts'
import type { Loader } from './import/loader.ts'
import { failureLines } from './import/report.ts'
import { createResumeState } from './import/resume-state.ts'
import { runImport } from './import/run-import.ts'
import { createProgress } from './progress.ts'
import type { Progress } from './progress.ts'
import { signIn } from './sign-in.ts'

const usage = `npm run import -- [options] FILES…

  FILES               FHIR JSON (one resource or a Bundle) or NDJSON, or folders with such files
  --url URL           the server to load into, such as https://records.example.org; default: the one of the
                      settings when it runs, and otherwise its database directly
  --token TOKEN       an access token for it, or:
  --email, --password an administrator to sign in as (default: ADMIN_EMAIL and ADMIN_PASSWORD)
  --totp-key KEY      the key of the administrator's authenticator app; a terminal is asked for a code instead
  --restart           forget what earlier runs have loaded`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    email: { type: 'string' },
    password: { type: 'string' },
    'totp-key': { type: 'string' },
    restart: { type: 'boolean', default: false },
  },
})

/** Failures beyond these are counted, not listed: the cause is mostly one. */
const listed = 200

const progress = createProgress(process.stdout)
try {
  process.exitCode = await run(readConfig())
} catch (error) {
  progress.end()
  console.error((error as Error).message)
  process.exitCode = 1
}

async function run(settings: Settings): Promise<number> {
  if (positionals.length === 0) throw new Error(usage)
  const inspected = []
  for (const path of await filesUnder(positionals)) inspected.push(await inspectFile(path))
  const files = loadOrder(inspected)
  if (files.length === 0) throw new Error('No .json, .ndjson or .jsonl file is there')
  const loader = await loaderFor(settings, progress)
  try {
    const state = createResumeState(join(settings.dataDir, 'import'), loader.target)
    if (values.restart) for (const { hash } of files) await state.forget(hash)
    const { tally, failures, skipped } = await runImport(files, { loader, state, progress })
    progress.end()
    console.log(['', ...tally.lines()].join('\n'))
    if (skipped > 0) console.log(`\n${skipped} files were loaded before; --restart loads them again.`)
    const lines = failures.flatMap(failureLines)
    console.log(`\nLoaded: ${tally.loaded} resources. Failures: ${failures.length}.`)
    for (const line of lines.slice(0, listed)) console.error(line)
    if (lines.length > listed) console.error(`… and ${lines.length - listed} more`)
    return failures.length > 0 ? 1 : 0
  } finally {
    await loader.close()
  }
}

/** Directly, unless a server is named or one runs on the same embedded database, which only one process can open. */
async function loaderFor(settings: Settings, { say }: Progress): Promise<Loader> {
  const named = values.url?.replace(/\/(fhir\/?)?$/, '')
  const url = named ?? settings.publicUrl
  const running = named === undefined && (await isRunning(url))
  if (named === undefined && !values.token && !(running && settings.database.url === undefined)) {
    // The whole server stands behind it: loaded only when it is needed.
    const { createDirectLoader } = await import('./import/direct-loader.ts')
    return createDirectLoader(settings)
  }
  if (running) say(`A server is running at ${url}: loading through its API.`)
  const { token } = values
  if (token) return createHttpLoader(`${url}/fhir`, async () => token)
  const person = await signIn(url, await administratorOf(values, settings.firstAdministrator))
  return createHttpLoader(`${url}/fhir`, () => person.token())
}

async function isRunning(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`).then(
    (response) => response.ok,
    () => false,
  )
}
