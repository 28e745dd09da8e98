import type { Position, SortKey } from '../request.ts'
import { bind, type SqlType } from './bind.ts'
import { dateColumn } from './names.ts'

/** One column that the page is ordered by; nulls come last in both directions, and rows without end are told apart by rid. */
export interface Ordered {
  /** The expression over the candidate `s` (and its version `v`, for an id). */
  readonly expression: (values: unknown[]) => string
  readonly type: SqlType
  readonly nullable: boolean
  readonly descending: boolean
}

/** Where the values of a sort key stand, for those that are in no column of the row. */
export const beside = {
  string: { table: 'str', column: 'val', type: 'text' },
  number: { table: 'num', column: 'lo', type: 'float8' },
  period: { table: 'dat', column: 'lo', type: 'int8' },
} as const

export function orderedBy(key: SortKey): Ordered {
  const { descending } = key
  switch (key.by) {
    case 'lastUpdated':
      return { expression: () => 's.lu', type: 'int8', nullable: false, descending }
    case 'rid':
      return { expression: () => 's.rid', type: 'int8', nullable: false, descending }
    case 'id':
      return { expression: () => 'v.id', type: 'text', nullable: false, descending }
    case 'date':
      return { expression: () => dateColumn('s', key.column, 'lo'), type: 'int8', nullable: true, descending }
    case 'string':
    case 'number':
    case 'period': {
      const { table, column, type } = beside[key.by]
      // "the item in the set of multiple parameters that comes earliest in the specified sort order"
      const first = descending ? 'max' : 'min'
      const expression = (values: unknown[]) =>
        `(select ${first}(t.${column}) from ${table} t where t.key = ${bind(values, 'int8', key.key)} and t.rid = s.rid)`
      return { expression, type, nullable: true, descending }
    }
    case 'content':
      return { expression: () => 'null::text', type: 'text', nullable: true, descending }
  }
}

/** Rows that are equal in everything else go on in the direction of the last column; without any, newest first. */
export function ridDescends(sort: readonly SortKey[]): boolean {
  return sort.at(-1)?.descending ?? true
}

/** `s1 desc nulls last, rid desc`, for columns named `s1`, `s2`, … of `alias`. */
export function orderBy(columns: readonly Ordered[], ridDescending: boolean, alias: string): string {
  const parts = columns.map(({ descending }, n) => `${alias}.s${n + 1} ${descending ? 'desc' : 'asc'} nulls last`)
  return [...parts, `${alias}.rid ${ridDescending ? 'desc' : 'asc'}`].join(', ')
}

/** The rows behind a position: equal in the first columns and behind in the next, or equal in all and behind by rid. */
export function behind(
  columns: readonly Ordered[],
  ridDescending: boolean,
  alias: string,
  after: Position,
  values: unknown[],
): string {
  const equal: string[] = []
  const branches: string[] = []
  for (const [n, { type, nullable, descending }] of columns.entries()) {
    const column = `${alias}.s${n + 1}`
    const value = after.values[n] ?? null
    if (value === null) {
      equal.push(`${column} is null`)
      continue
    }
    const at = bind(values, type, value)
    const later = `${column} ${descending ? '<' : '>'} ${at}`
    branches.push([...equal, nullable ? `(${later} or ${column} is null)` : later].join(' and '))
    equal.push(`${column} = ${at}`)
  }
  branches.push(
    [...equal, `${alias}.rid ${ridDescending ? '<' : '>'} ${bind(values, 'int8', after.rid)}`].join(' and '),
  )
  return `(${branches.join(' or ')})`
}
