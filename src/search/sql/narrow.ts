import { and, type Clause, conjuncts } from '../clause.ts'
import { rows } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { table } from './names.ts'
import type { Row } from './row.ts'
import { stringRowsSql } from './side-tables.ts'
import { wordRowsSql } from './words.ts'

/** So many rows are collected by their own index before the search is left to a plan for the very values. */
const few = 300

export interface Narrow {
  /** Common table expressions: `found(rid)`, what the strings, words or codes alone find, and what it leads to. */
  readonly ctes: readonly string[]
  /** What else a row has to meet. */
  readonly rest: Clause
  /** The condition on `s`, without the rest; nothing meets it when they are frequent. */
  readonly where: string
  readonly isTooMany: string
}

/** What a search starts from: strings, words or codes of the rows, or of those that they share a patient with. */
export interface Start {
  readonly type: string
  readonly part: Clause
  /** The type of the rows that have them, and what else these have to meet; undefined for the searched rows themselves. */
  readonly beyond?: { readonly type: string; readonly link: 'chain' | 'has'; readonly rest: Clause }
  readonly alone: readonly Alone[]
  readonly rest: Clause
}

/**
 * A name, a word or a code is rare or frequent, and only the index knows. So the rows with it are collected up to a limit, by a
 * plan that all values share: what is rare is found without planning anew, and without finding out who may see how much.
 * `codes`: whether it is worth the while for codes, which are indexed with the rows themselves.
 */
export function startOf(clause: Clause, type: string, { codes }: { codes: boolean }): Start | undefined {
  const parts = conjuncts(clause)
  const [own] = parts.flatMap((part) => startsAt(part, type, codes) ?? [])
  const [start] = own ? [own] : parts.flatMap((part) => startsBeyond(part, type, codes) ?? [])
  return start && { ...start, rest: and(...parts.filter((part) => part !== start.part)) }
}

/** The same text for the same start, to remember what was frequent by. */
export function nameOfStart({ type, part }: Start): string {
  return `${type} ${JSON.stringify(part, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}`
}

export function narrow({ type, alone, beyond, rest }: Start, values: unknown[]): Narrow {
  const queries = alone.map((each) => rowsSql(each, beyond?.type ?? type, values))
  const found = `found as materialized (select rid from (${queries.join(' union all ')}) t limit ${rows(few + 1)})`
  const isFew = `(select count(*) from found) <= ${few}`
  const isTooMany = `(select count(*) from found) > ${few}`
  if (!beyond) {
    return { ctes: [found], rest, where: `${isFew} and s.rid = any(array(select f.rid from found f))`, isTooMany }
  }
  const row: Row = { alias: 'l', type: beyond.type, of: 'current', few: true }
  const [leads, led] = beyond.link === 'chain' ? (['l.rid', 's.pat'] as const) : (['l.pat', 's.rid'] as const)
  const others = `led as materialized (select distinct ${leads} as rid from ${table(beyond.type)} l
        where ${isFew} and l.rid = any(array(select f.rid from found f)) and ${clauseSql(beyond.rest, row, values)})`
  return { ctes: [found, others], rest, where: `${led} = any(array(select e.rid from led e))`, isTooMany }
}

type Alone = Extract<Clause, { op: 'string' | 'words' | 'keys' }>

function startsAt(part: Clause, type: string, codes: boolean): Omit<Start, 'rest'> | undefined {
  const alone = aloneOf(part, codes)
  return alone && { type, part, alone }
}

/** By a chain to the patient, or a reverse one: the link that every row carries. */
function startsBeyond(part: Clause, type: string, codes: boolean): Omit<Start, 'rest'> | undefined {
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
