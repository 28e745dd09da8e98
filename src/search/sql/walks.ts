import { type Clause, conjuncts } from '../clause.ts'
import { farthestZone, longPeriod } from '../date-column.ts'
import type { Held } from '../in-order.ts'
import type { Key } from '../keys.ts'
import type { PageRequest, SortKey } from '../request.ts'
import { bind, type SqlType } from './bind.ts'
import { dateBounds } from './bounds.ts'
import { dateColumn, table, versions } from './names.ts'
import { beside as places } from './ordering.ts'

export interface Walked {
  readonly request: PageRequest
  /** The condition on `s`, and its SQL. */
  readonly clause: Clause
  readonly where: string
  readonly values: unknown[]
  /** The placeholder of how many rows are wanted. */
  readonly limit: string
  /** What the names of the common table expressions end in. */
  readonly names: string
}

/** One query, or two: the rows with a value in order, then those without one if the page is not full yet. */
type Walk = (walked: Walked, sort: SortKey | undefined) => readonly [string] | readonly [string, string]

/** How to walk each order in an index, page by page. An order that is missing here has no index. */
export const walks: Readonly<Partial<Record<SortKey['by'], Walk>>> = {
  rid({ request, where, values, limit }, sort) {
    const descending = sort?.descending ?? true
    const start = startByRid('s.rid', request, descending, values)
    const value = sort ? ', s.rid as s1' : ''
    return [
      `select s.rid, s.ver, s.pat${value} from ${table(request.type)} s where ${where}${start}
        order by s.rid ${way(descending)} limit ${limit}`,
    ]
  },

  /** `lu` is indexed on the versions alone, so that an update which changes no search value touches no index. */
  lastUpdated({ request, clause, where, values, limit }, sort) {
    const descending = sort!.descending
    const start = startAfter('v.lu', 'v.rid', 'int8', request, descending, values)
    return [
      `select s.rid, s.ver, s.pat, v.lu as s1 from ${versions(request.type)} v
        join ${table(request.type)} s on s.rid = v.rid and s.ver = v.ver
        where ${where}${lastUpdatedBounds(clause, 'v', values)}${start}
        order by v.lu ${way(descending)}, v.rid ${way(descending)} limit ${limit}`,
    ]
  },

  date(walked, sort) {
    const { request, clause, where, values, limit } = walked
    const { column, descending } = sort as Extract<SortKey, { by: 'date' }>
    const lo = dateColumn('s', column, 'lo')
    const order = `order by s1 ${way(descending)}, rid ${way(descending)} limit ${limit}`
    const start = startAfter(lo, 's.rid', 'int8', request, descending, values)
    const among = (condition: string) =>
      `select s.rid, s.ver, s.pat, ${lo} as s1 from ${table(request.type)} s where ${where} and ${condition}${start} ${order}`
    const least = leastStart(clause, column)
    if (least === undefined)
      return [among(`${lo} is not null`), withoutValue(walked, `${lo} is null`, 'int8', descending)]
    // Rows without a date do not meet a bound on it. Only long periods can start before `least` and still meet it.
    const at = bind(values, 'int8', least)
    const long = `${dateColumn('s', column, 'hi')} - ${lo} > ${longPeriod}`
    return [
      `select * from ((${among(`${lo} > ${at}`)}) union all (${among(`${lo} <= ${at} and ${long}`)})) dated ${order}`,
    ]
  },

  string: beside,
  number: beside,
  period: beside,
}

/** Values that stand in a table of their own, with an index in their order. */
function beside(walked: Walked, sort: SortKey | undefined): [string, string] {
  const { request, where, values, limit } = walked
  const { by, key, descending } = sort as Extract<SortKey, { by: 'string' | 'number' | 'period' }>
  const { table: name, column, type } = places[by]
  const wanted = bind(values, 'int8', key)
  // "the item in the set of multiple parameters that comes earliest in the specified sort order"
  const earliest = descending ? 't.last' : 't.first'
  const start = startAfter(`t.${column}`, 't.rid', type, request, descending, values)
  return [
    `select s.rid, s.ver, s.pat, t.${column} as s1 from ${name} t join ${table(request.type)} s on s.rid = t.rid
        where t.key = ${wanted} and ${earliest} and ${where}${start}
        order by t.${column} ${way(descending)}, t.rid ${way(descending)} limit ${limit}`,
    withoutValue(
      walked,
      `not exists (select from ${name} t where t.key = ${wanted} and t.rid = s.rid)`,
      type,
      descending,
    ),
  ]
}

/** What refers to one resource, in the order of a date; then what has no such date. */
export function inBox([held, { dated, undated }]: Held): Walk {
  return ({ request, where, values, limit, names }, sort) => {
    const { descending } = sort!
    const among = (key: Key, value: string) =>
      `select s.rid, s.ver, s.pat, ${value} as s1 from dat t join ${table(request.type)} s on s.rid = t.rid
        where t.key = ${bind(values, 'int8', key)} and ${where}`
    const start = startAfter('t.lo', 't.rid', 'int8', request, descending, values)
    const behind = request.after?.values[0] === null ? startByRid('t.rid', request, descending, values) : ''
    const room = `${limit} - (select count(*) from a${names})`
    return [
      `${among(held ^ dated, 't.lo')}${start} order by t.lo ${way(descending)}, t.rid ${way(descending)} limit ${limit}`,
      `${among(held ^ undated, 'null::int8')}${behind} and (select count(*) from a${names}) < ${limit}
        order by t.lo ${way(descending)}, t.rid ${way(descending)} limit ${room}`,
    ]
  }
}

function startByRid(column: string, { after }: PageRequest, descending: boolean, values: unknown[]): string {
  return after ? ` and ${column} ${beyond(descending)} ${bind(values, 'int8', after.rid)}` : ''
}

/** ` and …` for what the condition says of `lu`, said of the column that is indexed. */
export function lastUpdatedBounds(clause: Clause, alias: string, values: unknown[]): string {
  const lu = { lo: `${alias}.lu`, hi: `${alias}.lu` }
  return conjuncts(clause)
    .map((part) => (part.op === 'lastUpdated' ? ` and ${dateBounds(lu, part.bounds, values)}` : ''))
    .join('')
}

/** No shorter period than a long one starts at or before this and meets the condition. */
function leastStart(clause: Clause, column: string): number | undefined {
  const starts = conjuncts(clause).flatMap((part) => {
    if (part.op !== 'date' || !('column' in part.at) || part.at.column !== column) return []
    const ends = part.bounds.filter(({ side, is }) => side === 'hi' && (is === '>' || is === '>='))
    return ends.map(({ value }) => value - longPeriod - 1 - (part.local ? farthestZone : 0))
  })
  return starts.length === 0 ? undefined : Math.max(...starts)
}

/** "nulls last": the rows without a value, newest or oldest first, as many as the others left room for. */
function withoutValue(
  { request, where, values, limit, names }: Walked,
  missing: string,
  type: string,
  descending: boolean,
) {
  const among = request.after?.values[0] === null
  const start = among ? startByRid('s.rid', request, descending, values) : ''
  return `select s.rid, s.ver, s.pat, null::${type} as s1 from ${table(request.type)} s
        where ${where} and ${missing}${start} and (select count(*) from a${names}) < ${limit}
        order by s.rid ${way(descending)} limit ${limit} - (select count(*) from a${names})`
}

function startAfter(
  column: string,
  rid: string,
  type: SqlType,
  { after }: PageRequest,
  descending: boolean,
  values: unknown[],
): string {
  if (!after) return ''
  const value = after.values[0] ?? null
  if (value === null) return ' and false'
  return ` and (${column}, ${rid}) ${beyond(descending)} (${bind(values, type, value)}, ${bind(values, 'int8', after.rid)})`
}

function beyond(descending: boolean): string {
  return descending ? '<' : '>'
}

function way(descending: boolean): string {
  return descending ? 'desc' : 'asc'
}
