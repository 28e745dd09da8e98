import { timeRange } from '../../fhir/date-time.ts'
import { FhirError } from '../../fhir/error.ts'
import { type Bound, type Clause, or } from '../clause.ts'
import { unescape } from './escapes.ts'

/** `ge2013-03-14`, as the half-open range of ms that it covers. */
export interface AskedTime {
  readonly prefix: string
  /** Index and query count whole ms; what starts or ends within one starts or ends with the next. */
  readonly lo: number
  readonly hi: number
  /** The ms in which it starts; differs from `lo` when it starts within that ms. */
  readonly floor: number
  /** "Dates do not have time zones, and time zones should not be considered." */
  readonly isDate: boolean
}

type Make = (...bounds: readonly Bound<number>[]) => Clause

/** Throws FhirError('invalidQuery'). */
export function askedTime(parameter: string, value: string): AskedTime {
  // A "+" that nobody encoded has become a space on its way.
  const text = unescape(value).replace(/ (\d\d:\d\d)$/, '+$1')
  const [, prefix = 'eq', date = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(text)!
  const range = timeRange(date)
  if (!range) throw new FhirError('invalidQuery', `"${text}" is no date for ${parameter}`)
  const finer = /\.\d{3}(\d+)/.exec(date)?.[1]
  const isDate = !date.includes('T')
  if (finer === undefined) return { prefix, lo: range[0], hi: range[1], floor: range[0], isDate }
  const lo = /^0*$/.test(finer) ? range[0] : range[0] + 1
  return { prefix, lo, hi: range[0] + 1, floor: range[0], isDate }
}

/**
 * The ranges of https://hl7.org/fhir/R4/search.html#prefix over stored periods [lo, hi). `gt` and `lt` look beyond the range
 * that was asked for; `ge` and `le` take it in, also for a period that ends or begins within it.
 */
export function periodClause({ prefix, lo, hi, floor }: AskedTime, now: number, one: Make): Clause {
  switch (prefix) {
    case 'ne':
      return or(one({ side: 'lo', is: '<', value: lo }), one({ side: 'hi', is: '>', value: hi }))
    case 'gt':
      return one({ side: 'hi', is: '>', value: hi })
    case 'lt':
      return one({ side: 'lo', is: '<', value: lo })
    case 'ge':
      return one({ side: 'hi', is: '>', value: lo })
    case 'le':
      return one({ side: 'lo', is: '<', value: Math.max(lo, hi) })
    case 'po':
      return one({ side: 'lo', is: '<', value: Math.max(hi, lo + 1) }, { side: 'hi', is: '>', value: lo })
    case 'co':
      return one({ side: 'lo', is: '<=', value: lo }, { side: 'hi', is: '>=', value: hi })
    case 'sa':
      return one({ side: 'lo', is: '>=', value: hi })
    case 'eb':
      return endsBefore(lo, floor, one)
    case 'ap': {
      const gap = approximation(lo, now)
      return one({ side: 'lo', is: '<', value: hi + gap }, { side: 'hi', is: '>', value: lo - gap })
    }
    default:
      return one({ side: 'lo', is: '>=', value: lo }, { side: 'hi', is: '<=', value: hi })
  }
}

/** An instant in the very ms in which the asked time starts ends before it; a day that ends with that ms does not. */
function endsBefore(lo: number, floor: number, one: Make): Clause {
  if (floor === lo) return one({ side: 'hi', is: '<=', value: lo })
  return or(
    one({ side: 'hi', is: '<=', value: floor }),
    one({ side: 'lo', is: '>=', value: floor }, { side: 'hi', is: '<=', value: floor + 1 }),
  )
}

/** The same over moments, which are one ms wide and have their start alone. */
export function momentClause({ prefix, lo, hi }: AskedTime, now: number, one: Make): Clause {
  const from = (value: number): Bound<number> => ({ side: 'lo', is: '>=', value })
  const before = (value: number): Bound<number> => ({ side: 'lo', is: '<', value })
  switch (prefix) {
    case 'ne':
      return or(one(before(lo)), one(from(hi)))
    case 'gt':
    case 'sa':
      return one(from(hi))
    case 'lt':
    case 'eb':
      return one(before(lo))
    case 'ge':
      return one(from(lo))
    case 'le':
      return one(before(Math.max(lo, hi)))
    case 'ap': {
      const gap = approximation(lo, now)
      return one(from(lo - gap), before(hi + gap))
    }
    default:
      return one(from(lo), before(hi))
  }
}

/** "10% of the gap between now and the date" */
function approximation(date: number, now: number): number {
  return Math.ceil(Math.abs(now - date) / 10)
}
