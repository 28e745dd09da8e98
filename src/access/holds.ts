import type { Bound, Clause } from '../search/clause.ts'
import { wallClockKey } from '../search/date-column.ts'
import type { ElementValues, IndexValues, Period } from '../search/index-values.ts'
import type { Rid } from '../search/keys.ts'
import { distance } from '../search/position.ts'

/** Whether a row with these index values meets the clause; undefined where only the database can tell (other rows, grants; without `rid`, identities). */
export function holds(clause: Clause, index: IndexValues, rid?: Rid): boolean | undefined {
  switch (clause.op) {
    case 'all':
      return true
    case 'none':
      return false
    case 'and':
      return every(clause.of.map((part) => holds(part, index, rid)))
    case 'or':
      return negated(every(clause.of.map((part) => negated(holds(part, index, rid)))))
    case 'not':
      return negated(holds(clause.of, index, rid))
    case 'rid':
      return rid === undefined ? undefined : clause.any.includes(rid)
    case 'keys':
      return clause.any.some((key) => holdsKey(index, key))
    case 'patient':
      return clause.any.some((patient) => patient === index.pat)
    case 'labels':
      return (index.labels & ~clause.allowed) === 0
    case 'string':
      return index.strings.some(([key, value]) => key === clause.key && matches[clause.match](value, clause.value))
    case 'number':
      return index.numbers.some(([key, lo, hi]) => key === clause.key && meets([lo, hi], clause.bounds))
    case 'date': {
      const { at, bounds, local } = clause
      const periods =
        'column' in at
          ? [index.dates[at.column]].filter((period) => period !== undefined)
          : index.periods.filter(([key]) => key === at.key).map(([, ...period]) => period)
      return periods.some((period) => meets(local ? asWritten(period) : [period[0], period[1]], bounds))
    }
    case 'text':
      return index.texts.some(
        ([entry, text]) => text.startsWith(clause.starts) && holdsKey(index, BigInt.asIntN(64, entry ^ clause.salt)),
      )
    case 'element':
      return index.elements.some((element) => element.key === clause.key && holds(clause.where, rowOf(element)))
    case 'near': {
      // What has no position is near nothing, as NaN is.
      const degrees = (wanted: bigint) => index.numbers.find(([key]) => key === wanted)?.[1] ?? NaN
      const [latitude, longitude] = [degrees(clause.keys.latitude), degrees(clause.keys.longitude)]
      return distance(clause, { latitude, longitude }) <= clause.metres
    }
    default:
      return undefined
  }
}

function holdsKey({ keys, fkeys }: IndexValues, key: bigint): boolean {
  return keys.includes(key) || fkeys.includes(key)
}

/** A period as the clock showed it where it was written down. */
function asWritten([lo, hi, loZone, hiZone]: Period): readonly [number, number] {
  return [lo + (loZone ?? 0) * 60_000, hi + (hiZone ?? 0) * 60_000]
}

/** An element as a row of its own: its periods stand among its numbers. */
function rowOf({ keys, numbers, strings }: ElementValues): IndexValues {
  const [dates, periods, others] = [{}, elementPeriods(numbers), { elements: [], texts: [], words: [] }]
  return { pat: null, keys, fkeys: [], akeys: [], labels: 0, dates, strings, numbers, periods, ...others }
}

/** Each period as it is and, under the other key, as the clock showed it; a clause that asks for the latter reads it there. */
function elementPeriods(numbers: ElementValues['numbers']): IndexValues['periods'] {
  return numbers.map(([key, lo, hi]): readonly [bigint, ...Period] => {
    const shown = numbers.find(([other]) => other === wallClockKey(key))
    return [key, lo, hi, zone(shown?.[1], lo), zone(shown?.[2], hi)]
  })
}

function zone(shown: number | undefined, end: number): number {
  return shown === undefined ? 0 : (shown - end) / 60_000
}

const matches = {
  starts: (value: string, wanted: string) => value.startsWith(wanted),
  contains: (value: string, wanted: string) => value.includes(wanted),
  ends: (value: string, wanted: string) => value.endsWith(wanted),
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
