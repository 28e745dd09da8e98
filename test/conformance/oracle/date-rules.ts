import type { Found } from './fhirpath-values.ts'
import { prefixed } from './query-values.ts'

/** Milliseconds; the end is the first moment that is no longer part of it. */
export type Range = readonly [start: number, end: number]

const always: Range = [-Infinity, Infinity]

/**
 * A date is as long as its precision says. `local`: as the clock showed it, whatever the zone.
 *
 * https://hl7.org/fhir/R4/search.html#date
 */
export function rangeOfDate(text: string, local = false): Range | undefined {
  const [, date = '', time, written = 'Z'] = /^([\d-]+)(?:T([\d:.]+)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? []
  const zone = local ? 'Z' : written
  if (time === undefined) {
    const start = new Date(date)
    if (Number.isNaN(start.getTime())) return undefined
    const end = new Date(start)
    if (date.length === 4) end.setUTCFullYear(end.getUTCFullYear() + 1)
    else if (date.length === 7) end.setUTCMonth(end.getUTCMonth() + 1)
    else end.setUTCDate(end.getUTCDate() + 1)
    return [start.getTime(), end.getTime()]
  }
  const [hourMinute = '', second = '00', fraction = ''] = [time.slice(0, 5), ...time.slice(6).split('.')]
  const start = Date.parse(`${date}T${hourMinute}:${second || '00'}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`)
  if (Number.isNaN(start)) return undefined
  const width = time.length === 5 ? 60_000 : ([1000, 100, 10][fraction.length] ?? 1)
  return [start, start + width]
}

export function rangeOf({ type, value }: Found, local = false): Range | undefined {
  if (typeof value === 'string') return rangeOfDate(value, local)
  if (type === 'Period') return rangeOfPeriod(value as Period, local)
  if (type === 'Timing') return rangeOfTiming(value as Timing, local)
  return undefined
}

interface Period {
  readonly start?: string
  readonly end?: string
}

interface Timing {
  readonly event?: readonly string[]
  readonly repeat?: { readonly boundsPeriod?: Period }
}

/** "if the start or end is missing, the period is open" */
function rangeOfPeriod({ start, end }: Period, local: boolean): Range | undefined {
  if (start === undefined && end === undefined) return undefined
  return [start ? rangeOfDate(start, local)![0] : always[0], end ? rangeOfDate(end, local)![1] : always[1]]
}

/** "the specified scheduling details are ignored and only the outer limits matter" */
function rangeOfTiming({ event = [], repeat }: Timing, local: boolean): Range | undefined {
  const bounds = repeat?.boundsPeriod ? rangeOfPeriod(repeat.boundsPeriod, local) : undefined
  const all = [...event.map((at) => rangeOfDate(at, local)), bounds].filter((range) => range !== undefined)
  if (all.length === 0) return undefined
  return [Math.min(...all.map(([start]) => start)), Math.max(...all.map(([, end]) => end))]
}

/** The rules of https://hl7.org/fhir/R4/search.html#prefix for ranges. */
export function dateMatches(query: string, found: Found, now: number): boolean {
  const { prefix, rest } = prefixed(query)
  const asked = rangeOfDate(rest)
  // "Dates do not have time zones, and time zones should not be considered."
  const target = rangeOf(found, !rest.includes('T'))
  if (!asked) throw new Error(`"${query}" is no date`)
  if (!target) return false
  const [from, to] = asked
  const [start, end] = target
  const contained = from <= start && end <= to
  const overlaps = (one: Range, other: Range) => one[0] < other[1] && other[0] < one[1]
  switch (prefix) {
    case 'ne':
      return !contained
    case 'gt':
      return overlaps([to, Infinity], target) || end === Infinity
    case 'lt':
      return overlaps([-Infinity, from], target) || start === -Infinity
    // What starts before and ends within the value reaches it as well: "from 21-Jan 2013 onwards".
    case 'ge':
      return contained || overlaps([from, Infinity], target) || end === Infinity
    case 'le':
      return contained || overlaps([-Infinity, to], target) || start === -Infinity
    case 'sa':
      return start >= to
    case 'eb':
      return end <= from
    case 'ap': {
      // "10% of the gap between now and the date"
      const gap = Math.abs(now - from) / 10
      return overlaps([from - gap, to + gap], target)
    }
    default:
      return contained
  }
}
