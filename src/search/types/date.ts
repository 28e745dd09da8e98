/** A time, as wide as its precision, against times as wide as theirs. https://hl7.org/fhir/R4/search.html#date */
import type { TypedValue } from '../../definitions/definitions.ts'
import { periodRange, timeRange, type TimeRange } from '../../fhir/date-time.ts'
import { FhirError } from '../../fhir/error.ts'
import { type Bound, type Clause, or } from '../clause.ts'
import { dateColumnOf } from '../date-column.ts'
import type { Field } from '../field.ts'
import { unescape } from './escapes.ts'
import type { SearchType } from './search-type.ts'

export type Bounds = readonly Bound<number>[]

/** `now` in epoch ms: `ap` is "10% of the gap between now and the date". */
export function createDate(now: () => number): SearchType & { alternatives(field: Field, value: string): Bounds[] } {
  /** The stored period meets all bounds of one of these. */
  function alternatives({ parameter }: Field, value: string): Bounds[] {
    // A "+" that nobody encoded has become a space on its way.
    const text = unescape(value).replace(/ (\d\d:\d\d)$/, '+$1')
    const [, prefix = 'eq', date = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(text)!
    const range = askedRange(date)
    if (!range) throw new FhirError('invalidQuery', `"${text}" is no date for ${parameter.code}`)
    return boundsOf(prefix, range, now())
  }

  return {
    modifiers: () => [],

    extract(field, values, index) {
      for (const value of values) {
        const range = rangeOf(value)
        if (range) index.period(field, ...range)
      }
    },

    match(field, value) {
      const { parameter, keys } = field
      const at = parameter.repeats ? { key: keys.side } : { column: dateColumnOf(parameter.code) }
      return or(...alternatives(field, value).map((bounds): Clause => ({ op: 'date', at, bounds })))
    },

    alternatives,
  }
}

interface Asked {
  readonly lo: number
  readonly hi: number
  /** The whole ms in which it starts; differs from `lo` when it starts within that ms. */
  readonly floor: number
}

/** Index and query count whole ms; what starts or ends within one starts or ends with the next. */
function askedRange(text: string): Asked | undefined {
  const range = timeRange(text)
  if (!range) return undefined
  const finer = /\.\d{3}(\d+)/.exec(text)?.[1]
  if (finer === undefined) return { lo: range[0], hi: range[1], floor: range[0] }
  const starts = /^0*$/.test(finer) ? range[0] : range[0] + 1
  return { lo: starts, hi: range[0] + 1, floor: range[0] }
}

/** The ranges of https://hl7.org/fhir/R4/search.html#prefix over half-open periods. */
function boundsOf(prefix: string, { lo, hi, floor }: Asked, now: number): Bounds[] {
  switch (prefix) {
    case 'ne':
      return [[{ side: 'lo', is: '<', value: lo }], [{ side: 'hi', is: '>', value: hi }]]
    case 'gt':
      return [[{ side: 'hi', is: '>', value: hi }]]
    case 'lt':
      return [[{ side: 'lo', is: '<', value: lo }]]
    case 'ge':
      return [[{ side: 'hi', is: '>', value: hi }], [{ side: 'lo', is: '>=', value: lo }]]
    case 'le':
      return [[{ side: 'lo', is: '<', value: lo }], [{ side: 'hi', is: '<=', value: hi }]]
    case 'sa':
      return [[{ side: 'lo', is: '>=', value: hi }]]
    case 'eb':
      // An instant in the very ms in which the asked time starts ends before it; a day that ends with that ms does not.
      return floor === lo
        ? [[{ side: 'hi', is: '<=', value: lo }]]
        : [
            [{ side: 'hi', is: '<=', value: floor }],
            [
              { side: 'lo', is: '>=', value: floor },
              { side: 'hi', is: '<=', value: floor + 1 },
            ],
          ]
    case 'ap': {
      const gap = Math.ceil(Math.abs(now - lo) / 10)
      return [
        [
          { side: 'lo', is: '<', value: hi + gap },
          { side: 'hi', is: '>', value: lo - gap },
        ],
      ]
    }
    default:
      return [
        [
          { side: 'lo', is: '>=', value: lo },
          { side: 'hi', is: '<=', value: hi },
        ],
      ]
  }
}

interface Timing {
  event?: unknown[]
  repeat?: { boundsPeriod?: { start?: string; end?: string } }
}

function rangeOf({ type, value }: TypedValue): TimeRange | undefined {
  if (typeof value === 'string') return timeRange(value)
  if (typeof value !== 'object' || value === null) return undefined
  const { start, end } = value as { start?: string; end?: string }
  return type === 'Timing' ? timingRange(value) : periodRange(start, end)
}

/** "the specified scheduling details are ignored and only the outer limits matter" */
function timingRange({ event = [], repeat }: Timing): TimeRange | undefined {
  const bounds = repeat?.boundsPeriod && periodRange(repeat.boundsPeriod.start, repeat.boundsPeriod.end)
  const events = event.map((at) => (typeof at === 'string' ? timeRange(at) : undefined))
  const ranges = [bounds, ...events].filter((range) => range !== undefined)
  if (ranges.length === 0) return undefined
  return [Math.min(...ranges.map(([lo]) => lo)), Math.max(...ranges.map(([, hi]) => hi))]
}
