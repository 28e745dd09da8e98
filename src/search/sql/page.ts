import type { Clause } from '../clause.ts'
import type { Held } from '../in-order.ts'
import type { PageRequest, SortKey } from '../request.ts'
import { rows } from './bind.ts'
import { table, versions } from './names.ts'
import { behind, orderBy, orderedBy, ridDescends } from './ordering.ts'
import { inBox, walks } from './walks.ts'

/** What the rows of the request meet, access included: the clause, its SQL over `s`, and whether few rows meet it. */
export interface Condition {
  readonly clause: Clause
  readonly where: string
  readonly selective: boolean
  /** Whether one plan is right for all values: with a selective condition, and where the client asked for none. */
  readonly sharesPlan: boolean
  /** An index has the rows in order: then `where` says what else they meet. */
  readonly box?: Held | undefined
  /** Where little may be found: when that is so, and the condition in a form that starts from what it is. */
  readonly reach?: { readonly isSmall: string; readonly where: string } | undefined
}

export interface PageSql {
  /**
   * The common table expressions that end in `p(rid, ver, pat, s1, …, n)`: one row more than the page holds. `names`, given
   * where a statement holds several pages, ends each name.
   */
  readonly ctes: readonly string[]
  /** How many match; null where that was not found out on the way. */
  readonly total: string
}

/**
 * The rows of one page. A selective search collects its matches in `m` and sorts them (without `materialized` a shared plan
 * might walk the sort order through the whole table); any other walks an index in sort order until the page is full. Which
 * of the two is right for a caller with relations and grants is found out in the statement: `few` is true or false, and
 * half of the plan never runs.
 */
export function pageSql(request: PageRequest, condition: Condition, values: unknown[], names = ''): PageSql {
  const { selective, reach } = condition
  const few = reach ? [`few${names} as materialized (select ${reach.isSmall} as yes)`] : []
  const small = reach && `(select yes from few${names}) and ${reach.where}`
  const where = reach ? `not (select yes from few${names}) and ${condition.where}` : condition.where
  const [only, ...others] = request.sort
  const walk = condition.box
    ? inBox(condition.box)
    : selective || others.length > 0
      ? undefined
      : walks[only?.by ?? 'rid']
  const limit = rows(request.count + 1)
  if (!walk) {
    const m = `m${names} as materialized (${collected(request, small === undefined ? [where] : [small, where], values)})`
    const p = `p${names} as (${numbered(request, firstOf(request, names, limit, values))})`
    return { ctes: [...few, m, p], total: `(select count(*) from m${names})` }
  }
  const steps = walk({ request, clause: condition.clause, where, values, limit, names }, only)
  const walked = steps.length === 1 ? [steps[0]] : [`select * from a${names}`, `select * from b${names}`]
  const named = steps.length === 1 ? [] : [`a${names} as materialized (${steps[0]})`, `b${names} as (${steps[1]})`]
  if (small === undefined)
    return { ctes: [...named, `p${names} as (${numbered(request, walked)})`], total: 'null::int8' }
  const m = `m${names} as materialized (${collected(request, [small], values)})`
  const p = `p${names} as (${numbered(request, [...firstOf(request, names, limit, values), ...walked])})`
  const total = `case when (select yes from few${names}) then (select count(*) from m${names}) end`
  return { ctes: [...few, m, ...named, p], total }
}

/** All matches, with what they are sorted by. */
function collected({ type, sort }: PageRequest, wheres: readonly string[], values: unknown[]): string {
  const expressions = sort.map((key, n) => `${orderedBy(key).expression(values)} as s${n + 1}`)
  const ids = sort.some(({ by }) => by === 'id')
  const from = `${table(type)} s${ids ? ` join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver` : ''}`
  const select = `select ${['s.rid, s.ver, s.pat', ...expressions].join(', ')} from ${from} where`
  return wheres.map((where) => `${select} ${where}`).join(' union all ')
}

function firstOf({ sort, after }: PageRequest, names: string, limit: string, values: unknown[]): readonly string[] {
  const columns = sort.map(orderedBy)
  const m = `m${names}`
  const start = after ? `where ${behind(columns, ridDescends(sort), m, after, values)} ` : ''
  return [`select ${m}.* from ${m} ${start}order by ${orderBy(columns, ridDescends(sort), m)} limit ${limit}`]
}

/** In the order of the page, with `n` counted from 1. */
export function numbered({ sort }: { sort: readonly SortKey[] }, queries: readonly string[]): string {
  const from = queries.length === 1 ? queries[0] : queries.map((query) => `(${query})`).join(' union all ')
  return `select x.*, row_number() over (order by ${orderBy(sort.map(orderedBy), ridDescends(sort), 'x')}) as n from (${from}) x`
}
