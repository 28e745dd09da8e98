/**
 * FHIR's dates as what they are: ranges of time, as wide as their precision.
 *
 * https://hl7.org/fhir/R4/datatypes.html#dateTime and https://hl7.org/fhir/R4/search.html#date
 */
export type TimeRange = readonly [lo: number, hi: number]

const pattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/
const timePattern = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/

interface Parts {
  year: number
  month: number | undefined
  day: number | undefined
  hour: number | undefined
  minute: number
  second: number | undefined
  fraction: string | undefined
  /** Minutes east of UTC; undefined when the text has no zone. */
  offset: number | undefined
}

/**
 * The half-open range [lo, hi) in epoch ms that a date, dateTime, instant or query value covers: `2023` is a whole year,
 * `2023-01-01T10:00` (queries only) a minute. Without a zone UTC is meant. Undefined when it is no date.
 */
export function timeRange(text: string): TimeRange | undefined {
  const parts = partsOf(text)
  if (!parts) return undefined
  const { year, month, day, hour, minute, second, fraction, offset = 0 } = parts
  if (month === undefined) return [utc(year, 0, 1), utc(year + 1, 0, 1)]
  if (day === undefined) return [utc(year, month - 1, 1), utc(year, month, 1)]
  const midnight = utc(year, month - 1, day)
  if (hour === undefined) return [midnight, midnight + 86_400_000]
  const lo = midnight + ((hour * 60 + minute - offset) * 60 + (second ?? 0)) * 1000
  if (second === undefined) return [lo, lo + 60_000]
  if (fraction === undefined) return [lo, lo + 1000]
  const milliseconds = Math.floor(Number(`0.${fraction}`) * 1000)
  const width = fraction.length === 1 ? 100 : fraction.length === 2 ? 10 : 1
  return [lo + milliseconds, lo + milliseconds + width]
}

/** The minutes east of UTC in which a time was written, which `timeRange` accepts; undefined for a date, and without a zone. */
export function zoneOf(text: string): number | undefined {
  if (text.endsWith('Z')) return 0
  const zone = text.includes('T') ? /[+-]\d{2}:\d{2}$/.exec(text)?.[0] : undefined
  return zone === undefined ? undefined : offsetOf(zone)
}

/** From the start of `start` to the end of `end`; an absent end is open. Undefined when both are absent or either is no date. */
export function periodRange(start: string | undefined, end: string | undefined): TimeRange | undefined {
  if (start === undefined && end === undefined) return undefined
  const from = start === undefined ? ([-Infinity, -Infinity] as const) : timeRange(start)
  const to = end === undefined ? ([Infinity, Infinity] as const) : timeRange(end)
  return from && to && [from[0], to[1]]
}

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, and a day of the calendar. */
export function isDate(text: string): boolean {
  const parts = partsOf(text)
  return parts !== undefined && parts.hour === undefined
}

/** "If hours and minutes are specified, a time zone SHALL be populated. Seconds must be provided." */
export function isDateTime(text: string): boolean {
  const parts = partsOf(text)
  if (!parts) return false
  return parts.hour === undefined || (parts.second !== undefined && parts.offset !== undefined)
}

/** A dateTime to the second at least, with a zone. */
export function isInstant(text: string): boolean {
  const parts = partsOf(text)
  return parts?.second !== undefined && parts.offset !== undefined
}

export function isTime(text: string): boolean {
  return timePattern.test(text)
}

/** Epoch ms as an instant in UTC, e.g. `2026-11-22T10:00:00.000Z`. */
export function instantOf(ms: number): string {
  return new Date(ms).toISOString()
}

function partsOf(text: string): Parts | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const parts = {
    year: Number(year),
    month: optional(month),
    day: optional(day),
    hour: optional(hour),
    minute: Number(minute ?? 0),
    second: optional(second),
    fraction,
    offset: zone === undefined ? undefined : offsetOf(zone),
  }
  return isReal(parts) ? parts : undefined
}

/** A leap second (60) is read as the first second of the next minute. Zones reach from -12:00 to +14:00. */
function isReal({ year, month, day, hour = 0, minute, second = 0, offset = 0 }: Parts): boolean {
  if (year === 0 || month === 0 || (month ?? 1) > 12) return false
  if (day !== undefined && (day === 0 || day > new Date(utc(year, month!, 0)).getUTCDate())) return false
  return hour < 24 && minute < 60 && second <= 60 && Math.abs(offset) <= 14 * 60
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))
  if (Number(zone.slice(4, 6)) > 59) return Infinity
  return zone.startsWith('-') ? -minutes : minutes
}

function optional(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}

/** Date.UTC, without its reading of years below 100 as 19xx. */
function utc(year: number, month: number, day: number): number {
  if (year >= 100) return Date.UTC(year, month, day)
  return new Date(0).setUTCFullYear(year, month, day)
}
