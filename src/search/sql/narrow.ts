import { and, type Clause, conjuncts } from '../clause.ts'
import { rows } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { table } from './names.ts'
import { reachedSql, type Source, startsOf as sourcesOf } from './reach.ts'
import type { Row } from './row.ts'
import { isSelective } from './selective.ts'
import { stringRowsSql } from './side-tables.ts'
import { wordRowsSql } from './words.ts'

/** So many rows are collected by their own index before the search is left to a plan for the very values. */
const few = 300

/** A search of all that is visible walks an index until a page is full: what it would rather start from has to be less than this. */
const littleToWalk = 3_000
/** What meets a condition is read whole anyway, and counted. */
const littleToRead = 10_000

export interface Narrow {
  /** Common table expressions: `found(rid, …)`, what is found from the start alone, and what it leads to. */
  readonly ctes: readonly string[]
  /** What else a row has to meet of what was asked. */
  readonly rest: Clause
  /** The condition on `s`, without the rest; nothing meets it when it `isTooMany`. */
  readonly where: string
  /** How the row is to meet what access asks. */
  readonly visibly: Row
}

/**
 * What a search starts from. Only the index knows whether it is little: so it is collected up to a limit, by a plan that all
 * values share. What is little is found without planning anew.
 */
export interface Start {
  /** The same text for the same start, to remember what was found to be much by. */
  readonly name: string
  narrow(values: unknown[]): Narrow
}

/** Strings, words or codes of the rows, or of those that they share a patient with. */
interface ByValues {
  readonly type: string
  readonly part: Clause
  /** The type of the rows that have them, and what else these have to meet; undefined for the searched rows themselves. */
  readonly beyond?: { readonly type: string; readonly link: 'chain' | 'has'; readonly rest: Clause }
  readonly alone: readonly Alone[]
  readonly rest: Clause
}

/** In the order in which they are tried; none for what starts from few rows anyway. */
export function startsOf(asked: Clause, allowed: Clause, type: string, counting: boolean): readonly Start[] {
  if (isSelective(and(asked, allowed))) return []
  // What is planned anew for who may see everything costs less than to look first, but for strings.
  const values = byValues(asked, type, { codes: allowed.op !== 'all' })
  const sources = sourcesOf(allowed)
  const most = asked.op === 'all' && !counting ? littleToWalk : littleToRead
  return [...(values ? [startByValues(values)] : []), ...(sources ? [startByReach(sources, type, asked, most)] : [])]
}

/** A name, a word or a code is rare or frequent. */
function byValues(clause: Clause, type: string, { codes }: { codes: boolean }): ByValues | undefined {
  const parts = conjuncts(clause)
  const [own] = parts.flatMap((part) => startsAt(part, type, codes) ?? [])
  const [start] = own ? [own] : parts.flatMap((part) => startsBeyond(part, type, codes) ?? [])
  return start && { ...start, rest: and(...parts.filter((part) => part !== start.part)) }
}

function startByValues(start: ByValues): Start {
  return { name: `${start.type} ${textOf(start.part)}`, narrow: (values) => fromValues(start, values) }
}

/** What relations and grants lead to is collected before any row is looked at: without it one who sees little would walk through everything. */
function startByReach(sources: readonly Source[], type: string, rest: Clause, most: number): Start {
  const names = sources.map((source) => (source.op === 'granted' ? { grantees: source.grantees } : source))
  return {
    name: `${type} ${most} ${textOf(names)}`,
    narrow: (values) => ({
      ctes: [...reachedSql(sources, type, most + 1, values), muchSql(most)],
      rest,
      where: `not ${isTooMany} and s.rid = any(array(select f.rid from found f))`,
      visibly: { alias: 's', type, of: 'current', relations: 'set', patients: 'select w.pat from whose w' },
    }),
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
}

/** Whether there is more than that to start from: such a search is to be run in another way. */
export const isTooMany = '(select much.yes from much)'

function muchSql(most: number): string {
  return `much as materialized (select count(*) > ${rows(most)} as yes from found)`
}

function fromValues({ type, alone, beyond, rest }: ByValues, values: unknown[]): Narrow {
  const queries = alone.map((each) => rowsSql(each, beyond?.type ?? type, values))
  const found = `found as materialized (select rid from (${queries.join(' union all ')}) t limit ${rows(few + 1)})`
  const ctes = [found, muchSql(few)]
  const common = { rest, visibly: { alias: 's', type, of: 'current', few: true } } as const
  if (!beyond) return { ...common, ctes, where: `not ${isTooMany} and s.rid = any(array(select f.rid from found f))` }
  const row: Row = { alias: 'l', type: beyond.type, of: 'current', few: true }
  const [leads, led] = beyond.link === 'chain' ? (['l.rid', 's.pat'] as const) : (['l.pat', 's.rid'] as const)
  const others = `led as materialized (select distinct ${leads} as rid from ${table(beyond.type)} l
        where not ${isTooMany} and l.rid = any(array(select f.rid from found f)) and ${clauseSql(beyond.rest, row, values)})`
  return { ...common, ctes: [...ctes, others], where: `${led} = any(array(select e.rid from led e))` }
}

type Alone = Extract<Clause, { op: 'string' | 'words' | 'keys' }>

function startsAt(part: Clause, type: string, codes: boolean): Omit<ByValues, 'rest'> | undefined {
  const alone = aloneOf(part, codes)
  return alone && { type, part, alone }
}

/** By a chain to the patient, or a reverse one: the link that every row carries. */
function startsBeyond(part: Clause, type: string, codes: boolean): Omit<ByValues, 'rest'> | undefined {
  if ((part.op !== 'chain' && part.op !== 'has') || part.by !== 'patient') return undefined
  const other = part.op === 'chain' ? part.target : part.source
  const inner = conjuncts(part.where)
  const [start] = inner.flatMap((each) => startsAt(each, other, codes) ?? [])
  if (!start) return undefined
  const rest = and(...inner.filter((each) => each !== start.part))
  return { type, part, alone: start.alone, beyond: { type: other, link: part.op, rest } }
}

/**
 * `starts` and `equals` are ranges of the index; what contains a text or ends with it is not, and what has any words is nearly
 * everything. Codes that many rows hold anyway have no index.
 */
function aloneOf(clause: Clause, codes: boolean): readonly Alone[] | undefined {
  if (clause.op === 'string') return clause.match === 'starts' || clause.match === 'equals' ? [clause] : undefined
  if (clause.op === 'words') return clause.asked && [clause]
  if (clause.op === 'keys') return codes && !clause.filter ? [clause] : undefined
  if (clause.op !== 'or') return undefined
  const parts = clause.of.map((part) => aloneOf(part, codes))
  return parts.includes(undefined) ? undefined : parts.flatMap((each) => each!)
}

function rowsSql(clause: Alone, type: string, values: unknown[]): string {
  if (clause.op === 'string') return stringRowsSql(clause, values)
  if (clause.op === 'words') return wordRowsSql(clause, values)
  const row: Row = { alias: 't', type, of: 'current' }
  return `(select t.rid from ${table(type)} t where ${clauseSql(clause, row, values)} limit ${rows(few + 1)})`
}
