import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { serverVariable } from './support/database.ts'
import { startDatabaseServer } from './support/test-server.ts'

/**
 * The test runner: `node dist/test/run.js [folder or file …]`, below `test/`; all of them when none is named. Files run in
 * processes of their own. One Postgres is started for the whole run, and only when a chosen folder needs it. With
 * `--results=FILE` the outcome of each test is written there as JSON.
 */
const root = import.meta.dirname
const withoutDatabase = ['architecture', 'unit']
const withoutTests = ['bench', 'mutation', 'support']
const fileTimeout = 600_000
const results = '--results='

export interface TestResult {
  readonly title: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
}

async function main(args: readonly string[]): Promise<number> {
  const chosen = args.filter((arg) => !arg.startsWith(results))
  const resultFile = args.find((arg) => arg.startsWith(results))?.slice(results.length)
  const files = (chosen.length > 0 ? chosen : foldersOf(root)).flatMap(testFiles)
  if (files.length === 0) {
    console.error(`There are no tests in ${chosen.join(', ') || root}.`)
    return 1
  }
  const needed = files.some((file) => !withoutDatabase.includes(path.relative(root, file).split(path.sep)[0]!))
  const stop = new AbortController()
  listen(stop)
  const server = needed ? await startDatabaseServer(process.env['TEST_DATABASE_URL'] || undefined) : undefined
  try {
    if (server) process.env[serverVariable] = server.template
    return stop.signal.aborted ? 1 : await runFiles(files, stop, resultFile)
  } finally {
    await server?.stop()
  }
}

/** Ctrl-C ends the tests, not this process: Postgres is still to be stopped, and its folder to be removed. */
function listen(stop: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal)
    process.on(signal, () => stop.abort())
  }
}

function runFiles(files: string[], stop: AbortController, resultFile: string | undefined): Promise<number> {
  const skipped: string[] = []
  const told: TestResult[] = []
  let passed = 0
  let failed = 0
  return new Promise((resolve) => {
    const events = run({ files, concurrency: 2, timeout: fileTimeout, signal: stop.signal })
    // Node's own listeners, which came with `run`, would end this process at once.
    listen(stop)
    events.on('test:pass', ({ name, skip, details, file }) => {
      if (details.type !== 'suite') told.push({ title: name, outcome: skip === undefined ? 'passed' : 'skipped' })
      if (skip !== undefined) skipped.push(`${path.relative(root, file ?? '')}: ${name}${reasonOf(skip)}`)
      else if (details.type !== 'suite') passed += 1
    })
    events.on('test:fail', ({ name, details }) => {
      if (details.type !== 'suite') told.push({ title: name, outcome: 'failed' })
      if (details.type !== 'suite') failed += 1
    })
    const report = events.compose<NodeJS.ReadableStream>(spec as never)
    report.pipe(process.stdout, { end: false })
    // Nobody reads on, as after `| head`: what waits to be read would wait for ever, and with it the end of the run.
    process.stdout.on('error', () => {
      stop.abort()
      report.resume()
    })
    report.on('end', () => {
      const { aborted } = stop.signal
      summary(passed, failed, skipped, aborted)
      if (resultFile) writeFileSync(resultFile, JSON.stringify(told))
      resolve(failed > 0 || passed === 0 || aborted ? 1 : 0)
    })
  })
}

function reasonOf(skip: string | boolean): string {
  return typeof skip === 'string' && skip !== '' ? ` (${skip})` : ''
}

function summary(passed: number, failed: number, skipped: readonly string[], interrupted: boolean): void {
  if (skipped.length > 0) console.log(`\nNOT RUN, ${skipped.length} of the tests:\n  ${skipped.join('\n  ')}`)
  const count = (n: number, what: string) => `${n} ${what}`
  const parts = [count(passed, 'passed'), count(failed, 'failed'), count(skipped.length, 'skipped')]
  console.log(`\n${passed + failed} tests ran: ${parts.join(', ')}.${interrupted ? ' The run was interrupted.' : ''}`)
}

function foldersOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !withoutTests.includes(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** `node --test` of the supported versions disagrees about patterns, so the files are named one by one. */
function testFiles(chosen: string): string[] {
  const named = path.resolve(root, chosen.replace(/^(dist\/)?test\//, '').replace(/\.ts$/, '.js'))
  if (!existsSync(named)) return []
  if (statSync(named).isFile()) return [named]
  return readdirSync(named, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join(named, name))
}

process.exitCode = await main(process.argv.slice(2))
