/**
 * `npm run bench`: how close the server comes to the limits of its parts, as ratios of one run; with `--growth`, what searches read
 * of a database that grows; with `--access`, what access control adds to a search; with `--tokens`, what a token of a backend service costs. See README.md here.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProgress } from '../../src/commands/progress.ts'
import { accessRows, accessSummary, accessTable } from './access/access-table.ts'
import { runAccess } from './access/run-access.ts'
import { areWithin, growthSummary, growthTable, plansOf } from './growth/growth-table.ts'
import { runGrowth } from './growth/run-growth.ts'
import { benchOptions } from './options.ts'
import { costTable, ratioTable, summary } from './ratio-table.ts'
import { runBench } from './run-bench.ts'
import { checkLine, isWithinLimit } from './tokens/token-check.ts'
import { runTokens, tokenTable } from './tokens/run-tokens.ts'

const options = benchOptions(process.argv.slice(2))
const folder = mkdtempSync(join(tmpdir(), 'chartshare-bench-'))
// Started as root, Postgres runs as somebody else, who must get to its folder.
chmodSync(folder, 0o711)
const progress = createProgress(process.stderr)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`Stopped by ${signal}`)))

async function measureGrowth(): Promise<void> {
  const start = performance.now()
  const grown = await runGrowth(options, folder, progress, stop.signal)
  progress.end()
  console.log(`\n${growthTable(grown)}\n\n${growthSummary(grown)}`)
  console.log(`in ${Math.round((performance.now() - start) / 1000)} s`)
  if (options.plans) writeFileSync(options.plans, plansOf(grown))
  if (options.out) writeFileSync(options.out, JSON.stringify(grown, null, 1))
  if (!areWithin(grown)) process.exitCode = 1
}

async function measureRates(): Promise<void> {
  const result = await runBench(options, folder, progress, stop.signal)
  progress.end()
  const { rows, roundTrips, about, firstErrors } = result
  console.log(`\n${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, Postgres ${about.postgres}`)
  console.log(
    `${about.patients} patients, ${about.resources} resources, loaded at ${Math.round(about.loadRate)} a second`,
  )
  console.log(
    `start ${Math.round(about.startedIn)} ms, RSS idle ${Math.round(about.idle)} MB, peak ${Math.round(about.peak)} MB`,
  )
  console.log(`\n${ratioTable(rows)}\n\n${costTable(rows, roundTrips)}\n\n${summary(rows)}`)
  for (const [operation, error] of firstErrors) console.log(`${operation}: ${error}`)
  if (about.disturbed > 0)
    console.log(`\nThe host of this machine disturbed ${about.disturbed} measurements each time they were tried.`)
  if (!about.complete) console.log('\nThe time was up before everything was measured as often as asked.')
  if (options.out)
    writeFileSync(
      options.out,
      JSON.stringify({ ...result, roundTrips: [...roundTrips], firstErrors: [...firstErrors] }, null, 1),
    )
  if (rows.some(({ errors }) => errors > 0)) process.exitCode = 1
}

async function measureAccessCosts(): Promise<void> {
  const measured = await runAccess(options, folder, progress, stop.signal)
  progress.end()
  console.log(`\n${accessTable(measured)}\n\n${accessSummary(measured)}`)
  if (options.out) writeFileSync(options.out, JSON.stringify(accessRows(measured), null, 1))
  if (accessRows(measured).some(({ fails }) => fails)) process.exitCode = 1
}

async function measureTokens(): Promise<void> {
  const { costs, check } = await runTokens(folder, options.seconds)
  console.log(tokenTable(costs))
  console.log(checkLine(check))
  if (options.out) writeFileSync(options.out, JSON.stringify({ costs, check }, null, 1))
  if (costs.some(({ loop }) => loop.errors > 0) || !isWithinLimit(check)) process.exitCode = 1
}

try {
  const { tokens, growth, access } = options
  await (tokens ? measureTokens : growth ? measureGrowth : access ? measureAccessCosts : measureRates)()
} catch (error) {
  progress.end()
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
