import { dropDatabases } from '../support/database.ts'
import { type Copy, copyOfBuild } from './copy.ts'
import type { Known } from './known.ts'
import type { Listed } from './list-mutants.ts'
import { createOrder, type Order } from './order.ts'
import { tryTest } from './try-test.ts'

export interface Outcome {
  readonly is: 'killed' | 'survived' | 'harmless'
  /** What trying it took in this run. */
  readonly seconds: number
}

interface Machine {
  /** How many at once, each in a copy of its own. */
  readonly slots: number
  /** The database that tests clone. */
  readonly template: string
  readonly known: Known
  /** Ends it early; what was not tried by then is in no outcome. */
  readonly signal: AbortSignal
}

/** Seconds beyond three times what a test file takes by itself. */
const grace = 20

export async function tryMutants(
  mutants: readonly Listed[],
  { slots, template, known, signal }: Machine,
): Promise<Map<Listed, Outcome>> {
  const copies = Array.from({ length: Math.max(1, slots) }, (_one, slot) => copyOfBuild(slot))
  const outcomes = new Map<Listed, Outcome>()
  try {
    const seconds = await secondsOf(mutants, copies, known, signal)
    const order = createOrder(seconds, known)
    const told = progress(mutants.length)
    await shared(copies, signal, mutants, async (copy, mutant) => {
      const began = performance.now()
      const { is, by } = await tryMutant(copy, mutant, { seconds, order, known, signal })
      if (signal.aborted) return
      if (is === 'killed') await dropDatabases(template, copy.prefix)
      outcomes.set(mutant, { is, seconds: (performance.now() - began) / 1000 })
      console.log(`${told()} ${is.padEnd(8)} ${mutant.title}${by}`)
    })
    return outcomes
  } finally {
    for (const copy of copies) {
      await dropDatabases(template, copy.prefix)
      copy.remove()
    }
  }
}

/** Each test file without any mutant: it has to pass, and says how long it takes. */
async function secondsOf(
  mutants: readonly Listed[],
  copies: readonly Copy[],
  known: Known,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>()
  const files = [...new Set(mutants.flatMap(({ tests, harmless }) => (harmless === undefined ? tests : [])))]
  await shared(copies, signal, files, async (copy, file) => {
    const before = known.of(file)
    if (before) return void times.set(file, before.seconds)
    const { outcome, by, seconds } = await tryTest({ copy, file, limit: 900, signal })
    if (signal.aborted) return
    if (outcome !== 'passed') throw new Error(`${file} fails as it is: ${by}`)
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`)
    known.add(file, undefined, { failed: false, by, seconds })
    times.set(file, seconds)
  })
  return times
}

interface Trial {
  /** What each test file takes by itself. */
  readonly seconds: ReadonlyMap<string, number>
  readonly order: Order
  readonly known: Known
  readonly signal: AbortSignal
}

async function tryMutant(copy: Copy, mutant: Listed, trial: Trial): Promise<Pick<Outcome, 'is'> & { by: string }> {
  const { file, text, tests, harmless } = mutant
  if (harmless !== undefined) return { is: 'harmless', by: `: ${harmless}` }
  const noticed = tests.map((test) => trial.known.of(test, mutant)).find((one) => one?.failed)
  if (noticed) return { is: 'killed', by: `\n${indent}known, ${noticed.test}: ${noticed.by}` }
  await copy.put(file, text)
  try {
    for (const test of trial.order.of(mutant)) {
      if (trial.signal.aborted) break
      const by = await noticedBy(copy, mutant, test, trial)
      if (by !== undefined) return { is: 'killed', by }
    }
    return { is: 'survived', by: '' }
  } finally {
    copy.restore(file)
  }
}

const indent = ' '.repeat(19)

/** How the test file noticed it; undefined when it did not. */
async function noticedBy(
  copy: Copy,
  mutant: Listed,
  test: string,
  { seconds: times, order, known, signal }: Trial,
): Promise<string | undefined> {
  if (known.of(test, mutant)) return undefined
  const limit = times.get(test)! * 3 + grace
  const { outcome, by, seconds } = await tryTest({ copy, file: test, limit, signal })
  if (signal.aborted) return undefined
  const failed = outcome !== 'passed'
  order.tell(mutant, test, failed)
  // Too long may be the machine's fault: the next run asks again.
  if (outcome !== 'too long') known.add(test, mutant, { failed, by, seconds })
  return failed ? `\n${indent}${seconds.toFixed(1)} s, ${test}: ${by}` : undefined
}

async function shared<T>(
  copies: readonly Copy[],
  signal: AbortSignal,
  things: readonly T[],
  act: (copy: Copy, thing: T) => Promise<void>,
): Promise<void> {
  const waiting = [...things]
  await Promise.all(
    copies.map(async (copy) => {
      for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
        await act(copy, next)
      }
    }),
  )
}

function progress(all: number): () => string {
  let done = 0
  return () => `[${String((done += 1)).padStart(String(all).length)}/${all}]`
}
