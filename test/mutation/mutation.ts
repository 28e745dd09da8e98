import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { serverVariable } from '../support/database.ts'
import { startDatabaseServer } from '../support/test-server.ts'
import { areas } from './areas.ts'
import { openKnown } from './known.ts'
import { type Listed, listMutants } from './list-mutants.ts'
import { type Outcome, tryMutants } from './try-mutants.ts'

/**
 * `npm run test:mutation`: takes every access clause, guard and transaction out of a copy of the server, one at a time, and
 * runs the tests that have to notice. What nobody noticed is printed; then the exit code is 1.
 */
const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    area: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    tests: { type: 'string', multiple: true },
    known: { type: 'string' },
    slots: { type: 'string', default: String(availableParallelism()) },
  },
})

const help = `
  --list           only lists what would be taken out
  --area=NAME      ${areas.map(({ name }) => name).join(', ')}
  --only=TEXT      whose line "file:line kind code" holds the text
  --tests=FILE     these tests instead of the area's
  --known=FILE     what earlier runs found out, instead of node_modules/.cache/mutation.jsonl
  --slots=NUMBER   how many at once`

async function main(): Promise<number> {
  const mutants = listMutants({ areas: values.area, only: values.only, tests: values.tests })
  if (mutants.length === 0) {
    console.error(`Nothing is meant by that.${help}`)
    return 1
  }
  if (values.list) {
    for (const { area, title, harmless } of mutants)
      console.log(`${area}: ${title}${harmless ? `  (${harmless})` : ''}`)
    console.log(`\n${mutants.length} mutants.`)
    return 0
  }
  const stop = new AbortController()
  // Ctrl-C ends the tests, not this process: Postgres is still to be stopped, and folders to be removed.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
  const server = await startDatabaseServer(process.env['TEST_DATABASE_URL'] || undefined)
  process.env[serverVariable] = server.template
  try {
    const known = openKnown(values.known)
    const machine = { slots: Number(values.slots), template: server.template, known, signal: stop.signal }
    const outcomes = await tryMutants(mutants, machine)
    return report(outcomes, mutants.length - outcomes.size)
  } finally {
    await server.stop()
  }
}

function report(outcomes: ReadonlyMap<Listed, Outcome>, untried: number): number {
  const of = (wanted: Outcome['is']) => [...outcomes].filter(([, { is }]) => is === wanted).map(([mutant]) => mutant)
  const survivors = of('survived')
  for (const area of new Set([...outcomes.keys()].map((mutant) => mutant.area))) console.log(areaLine(area, outcomes))
  console.log(`\n${outcomes.size} mutants: ${of('killed').length} killed, ${of('harmless').length} known as harmless.`)
  console.log(`Survivors: ${survivors.length}${untried > 0 ? ` so far; ${untried} mutants were not tried` : ''}`)
  for (const { area, title } of survivors) console.log(`  ${area}: ${title}`)
  return survivors.length === 0 && untried === 0 ? 0 : 1
}

function areaLine(area: string, outcomes: ReadonlyMap<Listed, Outcome>): string {
  const mine = [...outcomes].filter(([mutant]) => mutant.area === area).map(([, outcome]) => outcome)
  const count = (wanted: Outcome['is']) => mine.filter(({ is }) => is === wanted).length
  const seconds = mine.reduce((sum, outcome) => sum + outcome.seconds, 0)
  const counts = `${count('killed')} killed, ${count('harmless')} harmless, ${count('survived')} survived`
  return `${area}: ${mine.length} mutants, ${counts}, ${(seconds / 60).toFixed(1)} min of slots`
}

process.exitCode = await main()
