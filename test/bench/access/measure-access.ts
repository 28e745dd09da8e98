import { cpuTime } from '../processes.ts'
import { createRandom } from '../random.ts'
import { classes, type Class, type Question } from '../growth/classes.ts'
import type { Engine } from '../growth/engine.ts'
import { busyDoctor, knownToBusyDoctor, type SeededPatient } from '../growth/fill.ts'
import { callers, explainAll, groupsOf, principalOf, working, type Caller } from '../growth/measure-growth.ts'

/** What Postgres spends on one search by one caller. */
export interface Spent {
  readonly name: string
  /** What is searched. */
  readonly type: string
  /** A whole type is meant: sorted, counted, or a common value in it. */
  readonly typeWide: boolean
  readonly caller: Caller
  /** CPU time of one search in ms: all statements, with their planning. */
  readonly cpu: number
  /** The most rows that a node of a plan looked at. */
  readonly lookedAt: number
}

interface Measuring {
  readonly engine: Engine
  readonly patients: readonly SeededPatient[]
  /** The process of Postgres whose children do the work. */
  readonly postgres: number
  readonly only?: RegExp | undefined
}

const questions = 20
/** Until Postgres has decided on a plan for each prepared statement: it makes five for their values first. */
const warmUp = 6
/** The clock of CPU time ticks every 10 ms: so many of them make an error of some percent. */
const enough = 600
const mostSearches = 2_000

/**
 * Asks every class by the administrator and by a doctor who knows very many, one after the other through the store, as the
 * server does, and divides what Postgres used by the searches.
 */
export async function measureAccess(
  { engine, patients, postgres, only }: Measuring,
  onProgress: (done: number, total: number) => void,
): Promise<Spent[]> {
  const groups = groupsOf(patients)
  /** Whom the searches ask for: the busy doctor knows them all. */
  const known = (of: Class['of']) => groups[of].filter(({ n }) => n < knownToBusyDoctor)
  const spent: Spent[] = []
  const wanted = classes.filter(({ name }) => !only || only.test(name))
  for (const [n, each] of wanted.entries()) {
    for (const caller of callers) spent.push(await spentOn(each, caller))
    onProgress(n + 1, wanted.length)
  }
  return spent

  async function spentOn({ name, of, question, selective }: Class, caller: Caller): Promise<Spent> {
    const random = createRandom(1_000)
    const principal = principalOf(engine, caller, busyDoctor.id)
    const works: (() => Promise<unknown>)[] = []
    let [type, typeWide] = ['', false]
    for (let k = 0; k < questions; k++) {
      const asked = question(random.pick(known(of)), random)
      type = asked.type
      typeWide = !selective || isOfWholeType(asked)
      works.push(await working(engine, asked, principal, () => random.pick(known('anybody'))))
    }
    let lookedAt = 0
    for (const work of works.slice(0, 5)) {
      for (const { mostLookedAt } of await explainAll(engine, work)) lookedAt = Math.max(lookedAt, mostLookedAt)
    }
    for (let k = 0; k < warmUp; k++) await works[k % questions]!()
    const before = cpuTime(postgres)
    let searches = 0
    do {
      for (const work of works) await work()
      searches += questions
    } while (cpuTime(postgres) - before < enough && searches < mostSearches)
    return { name, type, typeWide, caller, cpu: (cpuTime(postgres) - before) / searches, lookedAt }
  }
}

const framing = ['_sort', '_count', '_summary']

/** Nothing is asked but in which order, how many, or how often. */
function isOfWholeType({ ask }: Question): boolean {
  return typeof ask === 'string' && [...new URLSearchParams(ask).keys()].every((name) => framing.includes(name))
}
