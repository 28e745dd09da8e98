import type { Found } from './fhirpath-values.ts'
import { prefixed } from './query-values.ts'

/** An exact decimal: `digits` times ten to the power of `-places`. */
interface Exact {
  readonly digits: bigint
  readonly places: number
}

function exact(text: string): Exact {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)!
  const places = fraction.length - Number(exponent)
  return { digits: BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`), places }
}

function compare(a: Exact, b: Exact): number {
  const places = Math.max(a.places, b.places)
  const scaled = ({ digits, places: own }: Exact) => digits * 10n ** BigInt(places - own)
  const difference = scaled(a) - scaled(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** `100` is [99.5 … 100.5): half a unit of the last digit to both sides. https://hl7.org/fhir/R4/search.html#number */
function implied({ digits, places }: Exact): readonly [Exact, Exact] {
  return [
    { digits: digits * 10n - 5n, places: places + 1 },
    { digits: digits * 10n + 5n, places: places + 1 },
  ]
}

/** What a stored number covers; undefined is an open end. */
export interface Numbers {
  readonly low: number | undefined
  readonly high: number | undefined
}

export function numbersOf({ type, value }: Found): Numbers | undefined {
  if (typeof value === 'number') return { low: value, high: value }
  if (typeof value !== 'object' || value === null) return undefined
  if (type === 'Range') {
    const { low, high } = value as { low?: { value?: number }; high?: { value?: number } }
    return low?.value === undefined && high?.value === undefined ? undefined : { low: low?.value, high: high?.value }
  }
  const { value: point, comparator } = value as { value?: number; comparator?: string }
  if (point === undefined) return undefined
  if (comparator?.startsWith('<')) return { low: undefined, high: point }
  if (comparator?.startsWith('>')) return { low: point, high: undefined }
  return { low: point, high: point }
}

/**
 * "When a comparison prefix in the set lgt, lt, ge, le, sa & eb is provided, the implicit precision of the number is ignored".
 * https://hl7.org/fhir/R4/search.html#prefix
 */
export function numberMatches(query: string, stored: Numbers): boolean {
  const { prefix, rest } = prefixed(query)
  const asked = exact(rest)
  const [from, to] = implied(asked)
  /** An open end is beyond every number. */
  const low = (than: Exact) => (stored.low === undefined ? -1 : compare(exact(String(stored.low)), than))
  const high = (than: Exact) => (stored.high === undefined ? 1 : compare(exact(String(stored.high)), than))
  const equal = low(from) >= 0 && high(to) < 0
  switch (prefix) {
    case 'ne':
      return !equal
    case 'gt':
      return high(asked) > 0
    case 'lt':
      return low(asked) < 0
    case 'ge':
      return high(asked) >= 0
    case 'le':
      return low(asked) <= 0
    case 'sa':
      return low(asked) > 0
    case 'eb':
      return high(asked) < 0
    case 'ap': {
      const width = asked.digits < 0n ? -asked.digits : asked.digits
      const [least, most] = [asked.digits * 10n - width, asked.digits * 10n + width]
      return (
        low({ digits: most, places: asked.places + 1 }) <= 0 && high({ digits: least, places: asked.places + 1 }) >= 0
      )
    }
    default:
      return equal
  }
}
