import { FhirError } from '../../fhir/error.ts'
import { type Clause, or } from '../clause.ts'
import type { Key } from '../keys.ts'

export interface AskedNumber {
  readonly prefix: string
  readonly value: number
  /** The range that the digits imply. */
  readonly lo: number
  readonly hi: number
  /** What is near: "10% of the stated value". */
  readonly around: readonly [lo: number, hi: number]
}

const pattern = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?([+-]?)(\d+)?(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** `lt5.40e-3`. Throws FhirError('invalidQuery'). */
export function askedNumber(text: string, parameter: string): AskedNumber {
  const match = pattern.exec(text)
  const [, prefix = 'eq', sign, whole = '', fraction = '', exponent] = match ?? []
  const digits = whole + fraction
  if (digits === '' || digits.length > 100)
    throw new FhirError('invalidQuery', `"${text}" is no number for ${parameter}`)
  const power = Number(exponent ?? 0) - fraction.length
  const mantissa = BigInt(digits) * (sign === '-' ? -1n : 1n)
  const value = Number(`${mantissa}e${power}`)
  if (!Number.isFinite(value))
    throw new FhirError('invalidQuery', `"${text}" is beyond all numbers that ${parameter} can hold`)
  // By R4's own example "1e2" is [95 ... 105): a single digit before an exponent is read as two.
  const finer = exponent !== undefined && digits.replace(/^0+/, '').length <= 1 ? 10n : 1n
  const half = (offset: bigint) => Number(`${mantissa * 10n * finer + offset}e${power - (finer === 1n ? 1 : 2)}`)
  const width = Math.abs(value) / 10
  return { prefix, value, lo: half(-5n), hi: half(5n), around: [value - width, value + width] }
}

/**
 * "When a comparison prefix in the set lgt, lt, ge, le, sa & eb is provided, the implicit precision of the number is ignored,
 * and they are treated as if they have arbitrarily high precision." Stored numbers are points, Ranges are ranges.
 */
export function numberClause(key: Key, { prefix, value, lo, hi, around }: AskedNumber): Clause {
  const one = (...bounds: Extract<Clause, { op: 'number' }>['bounds']): Clause => ({ op: 'number', key, bounds })
  switch (prefix) {
    case 'ne':
      return or(one({ side: 'lo', is: '<', value: lo }), one({ side: 'hi', is: '>=', value: hi }))
    case 'gt':
      return one({ side: 'hi', is: '>', value })
    case 'ge':
      return one({ side: 'hi', is: '>=', value })
    case 'lt':
      return one({ side: 'lo', is: '<', value })
    case 'le':
      return one({ side: 'lo', is: '<=', value })
    case 'sa':
      return one({ side: 'lo', is: '>', value })
    case 'eb':
      return one({ side: 'hi', is: '<', value })
    case 'ap':
      return one({ side: 'lo', is: '<=', value: around[1] }, { side: 'hi', is: '>=', value: around[0] })
    default:
      return one({ side: 'lo', is: '>=', value: lo }, { side: 'hi', is: '<', value: hi })
  }
}
