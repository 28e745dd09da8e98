import type { Bound, Clause } from '../search/clause.ts'
import type { IndexValues } from '../search/index-values.ts'

/** Whether a row with these index values meets the clause; undefined where only the database can tell (identities, other rows, grants). */
export function holds(clause: Clause, index: IndexValues): boolean | undefined {
  switch (clause.op) {
    case 'all':
      return true
    case 'none':
      return false
    case 'and':
      return every(clause.of.map((part) => holds(part, index)))
    case 'or':
      return negated(every(clause.of.map((part) => negated(holds(part, index)))))
    case 'not':
      return negated(holds(clause.of, index))
    case 'keys':
      return clause.any.some((key) => index.keys.includes(key) || index.fkeys.includes(key))
    case 'patient':
      return index.pat !== null && clause.any.includes(index.pat)
    case 'labels':
      return (index.labels & ~clause.allowed) === 0
    case 'string':
      return index.strings.some(([key, value]) => key === clause.key && matches[clause.match](value, clause.value))
    case 'number':
      return index.numbers.some(([key, lo, hi]) => key === clause.key && meets([lo, hi], clause.bounds))
    case 'date': {
      const { at, bounds } = clause
      const own = 'column' in at ? [index.dates[at.column]] : []
      const others =
        'key' in at ? index.periods.filter(([key]) => key === at.key).map(([, lo, hi]) => [lo, hi] as const) : []
      return [...own, ...others].some((period) => period !== undefined && meets(period, bounds))
    }
    default:
      return undefined
  }
}

const matches = {
  starts: (value: string, wanted: string) => value.startsWith(wanted),
  contains: (value: string, wanted: string) => value.includes(wanted),
  equals: (value: string, wanted: string) => value === wanted,
}

function meets([lo, hi]: readonly [number, number], bounds: readonly Bound<number>[]): boolean {
  return bounds.every(({ side, is, value }) => {
    const end = side === 'lo' ? lo : hi
    return is === '<' ? end < value : is === '<=' ? end <= value : is === '>' ? end > value : end >= value
  })
}

/** False as soon as one is false, undefined when that hangs on one that is undefined. */
function every(parts: readonly (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false
  return parts.includes(undefined) ? undefined : true
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value
}
