/** A time, as wide as its precision, against times as wide as theirs. https://hl7.org/fhir/R4/search.html#date */
import type { TypedValue } from '../../definitions/definitions.ts'
import { periodRange, timeRange, zoneOf } from '../../fhir/date-time.ts'
import type { Clause } from '../clause.ts'
import { dateColumnOf, hasDateColumn } from '../date-column.ts'
import type { Period } from '../index-values.ts'
import { askedTime, momentClause, periodClause } from './asked-time.ts'
import type { SearchType } from './search-type.ts'

/** `now` in epoch ms, for approximate dates. */
export function createDate(now: () => number): SearchType & { lastUpdated(value: string): Clause } {
  return {
    modifiers: () => [],
    /** 2: with the zones that they were written in. */
    revision: 2,

    extract(field, values, index) {
      for (const value of values) {
        const period = periodOf(value)
        if (period) index.period(field, period)
      }
    },

    match({ parameter, keys }, value, modifier) {
      const inColumn = hasDateColumn(parameter) && !parameter.repeats
      const at = inColumn ? { column: dateColumnOf(parameter.code) } : { key: keys.side }
      const read = askedTime(parameter.code, value)
      // Filters alone ask for periods that overlap (`po`) or hold (`co`) the given one.
      const asked = modifier === undefined ? read : { ...read, prefix: modifier }
      const local = asked.isDate ? { local: true } : {}
      return periodClause(asked, now(), (...bounds): Clause => ({ op: 'date', at, bounds, ...local }))
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

function periodOf({ type, value }: TypedValue): Period | undefined {
  if (typeof value === 'string') return momentOf(value)
  if (typeof value !== 'object' || value === null) return undefined
  const { start, end } = value as { start?: string; end?: string }
  return type === 'Timing' ? timingSpan(value) : spanOf(start, end)
}

function momentOf(text: string): Period | undefined {
  const range = timeRange(text)
  const zone = range && zoneOf(text)
  return range && [...range, zone, zone]
}

function spanOf(start: string | undefined, end: string | undefined): Period | undefined {
  const range = periodRange(start, end)
  if (!range) return undefined
  return [...range, start === undefined ? null : zoneOf(start), end === undefined ? null : zoneOf(end)]
}

/** "the specified scheduling details are ignored and only the outer limits matter" */
function timingSpan({ event = [], repeat }: Timing): Period | undefined {
  const bounds = repeat?.boundsPeriod && spanOf(repeat.boundsPeriod.start, repeat.boundsPeriod.end)
  const events = event.map((at) => (typeof at === 'string' ? momentOf(at) : undefined))
  const spans = [bounds, ...events].filter((span) => span !== undefined)
  if (spans.length === 0) return undefined
  const first = spans.reduce((one, other) => (other[0] < one[0] ? other : one))
  const last = spans.reduce((one, other) => (other[1] > one[1] ? other : one))
  return [first[0], last[1], first[2], last[3]]
}
