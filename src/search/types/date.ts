/** A time, as wide as its precision, against times as wide as theirs. https://hl7.org/fhir/R4/search.html#date */
import type { TypedValue } from '../../definitions/definitions.ts'
import { periodRange, timeRange, type TimeRange } from '../../fhir/date-time.ts'
import type { Clause } from '../clause.ts'
import { dateColumnOf } from '../date-column.ts'
import { askedTime, momentClause, periodClause } from './asked-time.ts'
import type { SearchType } from './search-type.ts'

/** `now` in epoch ms, for approximate dates. */
export function createDate(now: () => number): SearchType & { lastUpdated(value: string): Clause } {
  return {
    modifiers: () => [],

    extract(field, values, index) {
      for (const value of values) {
        const range = rangeOf(value)
        if (range) index.period(field, ...range)
      }
    },

    match({ parameter, keys }, value) {
      const at = parameter.repeats ? { key: keys.side } : { column: dateColumnOf(parameter.code) }
      const asked = askedTime(parameter.code, value)
      return periodClause(asked, now(), (...bounds): Clause => ({ op: 'date', at, bounds }))
    },

    lastUpdated(value) {
      const asked = askedTime('_lastUpdated', value)
      return momentClause(asked, now(), (...bounds): Clause => ({ op: 'lastUpdated', bounds }))
    },
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
