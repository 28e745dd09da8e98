import type { Principal } from '../../../src/access/principal.ts'
import { all } from '../../../src/search/clause.ts'
import type { AccessOf } from '../../../src/search/guard.ts'
import type { Position, SearchRequest } from '../../../src/search/request.ts'
import type { AuditRow, Page } from '../../../src/store/store.ts'
import { createRandom, type Random } from '../random.ts'
import { type Class, classes, type Question } from './classes.ts'
import type { Engine } from './engine.ts'
import { explain, type Explained } from './explain.ts'
import type { SeededPatient } from './fill.ts'

/** An administrator sees everything; a doctor the patients of one panel, which does not grow. */
export const callers = ['administrator', 'doctor'] as const
export type Caller = (typeof callers)[number]

/** Values differ: how many rows one code of a patient has, for example. What grows says so sooner, and takes longer. */
export const questions = { selective: 25, growing: 7 }

/** One class for one caller on so many resources. */
export interface Measured {
  readonly name: string
  readonly caller: Caller
  /** The middle of all questions. */
  readonly buffers: number
  /** As in `Explained`. */
  readonly byIndex: number
  readonly most: number
  /** Rows that the last statement answered, of all questions together. */
  readonly rows: number
  /** All nodes that any of the plans ran. */
  readonly nodes: readonly string[]
  readonly sequential: readonly string[]
  readonly unavoidable: readonly string[]
}

/** Asks every class many times, each time with values that are drawn from all that is stored. */
export async function measureGrowth(
  engine: Engine,
  patients: readonly SeededPatient[],
  { only, times = questions }: { readonly only?: RegExp | undefined; readonly times?: typeof questions },
  onProgress: (done: number, total: number) => void,
): Promise<Measured[]> {
  const groups = groupsOf(patients)
  const measured: Measured[] = []
  const wanted = classes.filter(({ name }) => !only || only.test(name))
  for (const [n, each] of wanted.entries()) {
    for (const caller of callers) {
      const random = createRandom(1_000)
      const asked: Explained[][] = []
      for (let k = 0; k < times[each.selective ? 'selective' : 'growing']; k++) {
        asked.push(await ask(engine, each, caller, groups, random))
      }
      measured.push(summed(each.name, caller, asked))
    }
    onProgress(n + 1, wanted.length)
  }
  return measured
}

export type Groups = Readonly<Record<Class['of'], readonly SeededPatient[]>>

export function groupsOf(patients: readonly SeededPatient[]): Groups {
  const families = new Map<string, number>()
  for (const { family } of patients) families.set(family, (families.get(family) ?? 0) + 1)
  return {
    anybody: patients,
    'rarely named': patients.filter(({ family }) => families.get(family) === 1),
    'rarely ill': patients.filter(({ rareDisease }) => rareDisease !== undefined),
  }
}

async function ask(
  engine: Engine,
  { of, question }: Class,
  caller: Caller,
  groups: Groups,
  random: Random,
): Promise<Explained[]> {
  const patient = random.pick(groups[of])
  const principal = principalOf(engine, caller, patient.doctor)
  const work = await working(engine, question(patient, random), principal, () => random.pick(groups.anybody))
  return explainAll(engine, work)
}

/** Each statement that a piece of work sends, explained. */
export async function explainAll(engine: Engine, work: () => Promise<unknown>): Promise<Explained[]> {
  const explained: Explained[] = []
  for (const statement of await engine.sent(work)) explained.push(await explain(engine.database, statement))
  return explained
}

export function principalOf({ keys }: Engine, caller: Caller, id: string): Principal {
  const scopes = [{ level: 'user', type: '*', actions: 'cruds' }] as const
  const common = { kind: 'person', clientId: 'bench', scopes } as const
  if (caller === 'administrator') return { ...common, roles: ['admin'] }
  return {
    ...common,
    roles: ['practitioner'],
    person: { type: 'Practitioner', id, rid: keys.ridOf('Practitioner', id) },
  }
}

/** What the server does to answer, from the parsed question on. */
export async function working(
  engine: Engine,
  { type, ask, page }: Question,
  principal: Principal,
  among: () => SeededPatient,
): Promise<() => Promise<unknown>> {
  const { search, store } = engine
  if (typeof ask !== 'string') {
    const where = engine.allowed(principal, type, 'read')
    return () => store.resources.read(type, [ask.read], { where, audit: auditOf(type, ask.read) })
  }
  const access = (of: string) => engine.allowed(principal, of)
  const first = search.parse(type, new URLSearchParams(ask), { lenient: false, principalKey: 'bench' })
  const after = page && (page === 'second' ? await second(engine, first, access) : await deep(engine, first, among))
  return () => store.resources.find({ ...first, after }, access)
}

async function second({ store }: Engine, first: SearchRequest, access: AccessOf): Promise<Position> {
  return positionOf(await store.resources.find(first, access))
}

/** In the middle of the rows of some patients, and so somewhere in the middle of all. */
async function deep({ store, keys }: Engine, first: SearchRequest, among: () => SeededPatient): Promise<Position> {
  const any = Array.from({ length: 20 }, () => keys.ridOf('Patient', among().id))
  const some = { ...first, where: { op: 'patient', any }, total: 'accurate', count: 1 } as const
  const { total = 0 } = await store.resources.find(some, () => all)
  return positionOf(await store.resources.find({ ...some, count: Math.floor(total / 2) }, () => all))
}

function positionOf({ next }: Page): Position {
  if (!next) throw new Error('There is no further page')
  return next
}

function auditOf(type: string, id: string): AuditRow {
  const about = { requestId: 'bench', interaction: 'read', type, id, version: null, patients: [], accountId: null }
  const outcome = { outcome: 'success', status: 200, query: null, ip: null } as const
  return { at: Date.now(), ...about, person: null, clientId: 'bench', ...outcome }
}

function summed(name: string, caller: Caller, asked: readonly (readonly Explained[])[]): Measured {
  const sums = (of: (one: Explained) => number) =>
    asked.map((statements) => statements.reduce((sum, one) => sum + of(one), 0))
  const buffers = sums((one) => one.buffers)
  const every = (of: (one: Explained) => readonly string[]) => [...new Set(asked.flat().flatMap(of))]
  return {
    name,
    caller,
    buffers: median(buffers),
    byIndex: median(sums((one) => one.byIndex)),
    most: Math.max(...buffers),
    rows: asked.reduce((sum, statements) => sum + (statements.at(-1)?.rows ?? 0), 0),
    nodes: every(({ nodes }) => nodes),
    sequential: every(({ sequential }) => sequential),
    unavoidable: every(({ unavoidable }) => unavoidable),
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}
