import type { Clause } from '../clause.ts'
import type { SearchRequest, SortKey } from '../request.ts'
import { bind } from './bind.ts'
import { table, versions } from './names.ts'
import { behind, orderBy, orderedBy, ridDescends } from './ordering.ts'
import { walks } from './walks.ts'

/** What the rows of the request meet, access included: the clause, its SQL over `s`, and whether few rows meet it. */
export interface Condition {
  readonly clause: Clause
  readonly where: string
  readonly selective: boolean
}

export interface PageSql {
  /** The common table expressions that end in `p(rid, ver, pat, s1, …, n)`: one row more than the page holds. */
  readonly ctes: readonly string[]
  /** Whether `m` holds all matches, so that they can be counted. */
  readonly countable: boolean
}

/**
 * The rows of one page. A selective search collects its matches and sorts them (without `materialized` a shared plan might
 * walk the sort order through the whole table); any other walks an index in sort order until the page is full.
 */
export function pageSql(request: SearchRequest, condition: Condition, values: unknown[]): PageSql {
  const [only, ...others] = request.sort
  const { clause, where, selective } = condition
  const walk = selective || others.length > 0 ? undefined : walks[only?.by ?? 'rid']
  if (!walk) return { ctes: collected(request, where, selective, values), countable: selective }
  const parts = walk({ request, clause, where, values, limit: bind(values, 'int4', request.count + 1) }, only)
  const rows = parts.length === 1 ? parts[0] : 'select * from a union all select * from b'
  const named = parts.length === 1 ? [] : [`a as materialized (${parts[0]})`, `b as (${parts[1]})`]
  return { ctes: [...named, `p as (${numbered(request.sort, rows)})`], countable: false }
}

function collected(request: SearchRequest, where: string, selective: boolean, values: unknown[]): string[] {
  const { type, sort, after, count } = request
  const columns = sort.map(orderedBy)
  const expressions = columns.map(({ expression }, n) => `${expression(values)} as s${n + 1}`)
  const ids = sort.some(({ by }) => by === 'id')
  const from = `${table(type)} s${ids ? ` join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver` : ''}`
  const order = orderBy(columns, ridDescends(sort), 'm')
  const start = after ? `where ${behind(columns, ridDescends(sort), 'm', after, values)}` : ''
  const limit = bind(values, 'int4', count + 1)
  return [
    `m as ${selective ? 'materialized ' : ''}(select ${['s.rid, s.ver, s.pat', ...expressions].join(', ')} from ${from} where ${where})`,
    `p as (select m.*, row_number() over (order by ${order}) as n from m ${start} order by ${order} limit ${limit})`,
  ]
}

function numbered(sort: readonly SortKey[], rows: string): string {
  return `select x.*, row_number() over (order by ${orderBy(sort.map(orderedBy), ridDescends(sort), 'x')}) as n from (${rows}) x`
}
