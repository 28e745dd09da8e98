/** Longer periods are rare; a partial index over `hi - lo > longPeriod` finds them (31 days, in ms). */
export const longPeriod = 2_678_400_000

/** The ends of periods that have none, as the columns hold them: the first and the last moment that a Date can name. */
export const openStart = -8_640_000_000_000_000
export const openEnd = 8_640_000_000_000_000

/** The column pair of a date parameter, without `_lo` and `_hi`: `value-date` has `value_date`. */
export function dateColumnOf(code: string): string {
  return code.replaceAll('-', '_').toLowerCase()
}
