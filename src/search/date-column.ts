import type { SearchParameter } from '../definitions/definitions.ts'
import type { Key } from './keys.ts'

/** Longer periods are rare; a partial index over `hi - lo > longPeriod` finds them (31 days, in ms). */
export const longPeriod = 2_678_400_000

/** The ends of periods that have none, as the columns hold them: the first and the last moment that a Date can name. */
export const openStart = -8_640_000_000_000_000
export const openEnd = 8_640_000_000_000_000

/** Zones reach from -12:00 to +14:00, in ms. */
export const farthestZone = 50_400_000

/** The column pair of a date parameter, without `_lo` and `_hi`: `value-date` has `value_date`. */
export function dateColumnOf(code: string): string {
  return code.replaceAll('-', '_').toLowerCase()
}

/** Only the standard's own parameters have columns; those of other packages live in `dat` alone. */
export function hasDateColumn({ url }: Pick<SearchParameter, 'url'>): boolean {
  return /^http:\/\/hl7\.org\/fhir\/SearchParameter\/[^/#]+$/.test(url)
}

/** Where an element's numbers hold a period as the clock showed it, beside the period itself. */
export function wallClockKey(key: Key): Key {
  return key ^ 0x10ca1n
}
