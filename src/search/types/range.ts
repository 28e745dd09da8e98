import { numberOf } from '../../fhir/json.ts'

/**
 * The numbers that a Quantity (and its kinds, Money) or a Range covers, ends included: `< 5` is all up to 5, an absent end is
 * open. Undefined when it holds no number.
 */
export function rangeOf(type: string, value: unknown): readonly [lo: number, hi: number] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const parts = value as Record<string, unknown>
  if (type === 'Range') {
    const low = numberOf((parts['low'] as { value?: unknown } | undefined)?.value)
    const high = numberOf((parts['high'] as { value?: unknown } | undefined)?.value)
    return low === undefined && high === undefined ? undefined : [low ?? -Infinity, high ?? Infinity]
  }
  const point = numberOf(parts['value'])
  if (point === undefined) return undefined
  const comparator = parts['comparator']
  if (comparator === '<' || comparator === '<=') return [-Infinity, point]
  if (comparator === '>' || comparator === '>=') return [point, Infinity]
  return [point, point]
}
