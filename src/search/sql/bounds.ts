import type { Bound } from '../clause.ts'
import { farthestZone, longPeriod } from '../date-column.ts'
import { bind } from './bind.ts'

interface Range {
  readonly lo: string
  readonly hi: string
}

/** With the columns of the zones, in minutes east of UTC. */
export interface ZonedRange extends Range {
  readonly loZone: string
  readonly hiZone: string
}

/**
 * Only `lo` is indexed. A bound on `hi` therefore brings the bound on `lo` that follows from it: `hi < x` means `lo < x`, and
 * `hi > x` means `lo > x - longPeriod` but for the few long periods, which have an index of their own.
 */
export function dateBounds({ lo, hi }: Range, bounds: readonly Bound<number>[], values: unknown[]): string {
  return bounds
    .map(({ side, is, value }) => {
      const at = bind(values, 'int8', value)
      if (side === 'lo') return `${lo} ${is} ${at}`
      if (is === '<' || is === '<=') return `${hi} ${is} ${at} and ${lo} ${is} ${at}`
      const from = bind(values, 'int8', value - longPeriod)
      return `${hi} ${is} ${at} and (${lo} ${is} ${from} or ${hi} - ${lo} > ${longPeriod})`
    })
    .join(' and ')
}

/** The same of what the clock showed: the index gives what can lie within the bounds in any zone, and each row is compared. */
export function localDateBounds(range: ZonedRange, bounds: readonly Bound<number>[], values: unknown[]): string {
  const anyZone = bounds.map((bound) => {
    const later = bound.is === '<' || bound.is === '<='
    return { ...bound, value: bound.value + (later ? farthestZone : -farthestZone) }
  })
  const shown = { lo: wallClock(range.lo, range.loZone), hi: wallClock(range.hi, range.hiZone) }
  const exact = bounds.map(({ side, is, value }) => `${shown[side]} ${is} ${bind(values, 'int8', value)}`)
  return [dateBounds(range, anyZone, values), ...exact].join(' and ')
}

function wallClock(end: string, zone: string): string {
  return `${end} + coalesce(${zone}, 0) * 60000`
}

/** As for dates; nearly all numbers are points, so the few ranges are told apart. */
export function numberBounds({ lo, hi }: Range, bounds: readonly Bound<number>[], values: unknown[]): string {
  return bounds
    .map(({ side, is, value }) => {
      const at = bind(values, 'float8', value)
      if (side === 'lo') return `${lo} ${is} ${at}`
      if (is === '<' || is === '<=') return `${hi} ${is} ${at} and ${lo} ${is} ${at}`
      return `(${lo} ${is} ${at} or (${lo} <> ${hi} and ${hi} ${is} ${at}))`
    })
    .join(' and ')
}
