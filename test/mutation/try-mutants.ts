import { dropDatabases } from '../support/database.ts'
import { type Copy, copyOfBuild } from './copy.ts'
import type { Listed } from './list-mutants.ts'
import { tryTest } from './try-test.ts'

export interface Outcome {
  readonly is: 'killed' | 'survived' | 'harmless'
}

interface Machine {
  /** How many at once, each in a copy of its own. */
  readonly slots: number
  /** The database that tests clone. */
  readonly template: string
  /** Ends it early; what was not tried by then is in no outcome. */
  readonly signal: AbortSignal
}

/** Seconds beyond three times what a test file takes by itself. */
const grace = 20

export async function tryMutants(
  mutants: readonly Listed[],
  { slots, template, signal }: Machine,
): Promise<Map<Listed, Outcome>> {
  const copies = Array.from({ length: Math.max(1, slots) }, (_one, slot) => copyOfBuild(slot))
  const outcomes = new Map<Listed, Outcome>()
  try {
    const limits = await limitsOf(mutants, copies, signal)
    const told = progress(mutants.length)
    const killers = new Map<string, string>()
    await shared(copies, signal, mutants, async (copy, mutant) => {
      const tests = withFirst(killers.get(mutant.file), mutant.tests)
      const { is, by, test } = await tryMutant(copy, { ...mutant, tests }, limits, signal)
      if (signal.aborted) return
      if (test !== undefined) killers.set(mutant.file, test)
      if (is === 'killed') await dropDatabases(template, copy.prefix)
      outcomes.set(mutant, { is })
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
async function limitsOf(
  mutants: readonly Listed[],
  copies: readonly Copy[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const limits = new Map<string, number>()
  const files = [...new Set(mutants.flatMap(({ tests, harmless }) => (harmless === undefined ? tests : [])))]
  await shared(copies, signal, files, async (copy, file) => {
    const { outcome, by, seconds } = await tryTest({ copy, file, limit: 900, signal })
    if (signal.aborted) return
    if (outcome !== 'passed') throw new Error(`${file} fails as it is: ${by}`)
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`)
    limits.set(file, seconds * 3 + grace)
  })
  return limits
}

async function tryMutant(
  copy: Copy,
  { file, text, tests, harmless }: Listed,
  limits: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<Outcome & { by: string; test?: string }> {
  if (harmless !== undefined) return { is: 'harmless', by: `: ${harmless}` }
  await copy.put(file, text)
  try {
    for (const test of tests) {
      if (signal.aborted) break
      const { outcome, by, seconds } = await tryTest({ copy, file: test, limit: limits.get(test)!, signal })
      if (outcome !== 'passed')
        return { is: 'killed', test, by: `\n${' '.repeat(19)}${seconds.toFixed(1)} s, ${test}: ${by}` }
    }
    return { is: 'survived', by: '' }
  } finally {
    copy.restore(file)
  }
}

/** What noticed the mutant before in the same file is likely to notice this one. */
function withFirst(killer: string | undefined, tests: readonly string[]): readonly string[] {
  return killer === undefined ? tests : [killer, ...tests.filter((test) => test !== killer)]
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
