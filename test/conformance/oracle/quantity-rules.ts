import type { Found } from './fhirpath-values.ts'
import { numberMatches, numbersOf } from './number-rules.ts'
import { splitAt, unescaped } from './query-values.ts'

interface Unit {
  readonly system?: string
  readonly code?: string
  readonly unit?: string
}

export function unitOf({ type, value }: Found): Unit {
  if (type === 'Money') return { system: 'urn:iso:std:iso:4217', code: (value as { currency: string }).currency }
  const { low, high } = value as { low?: Unit; high?: Unit }
  return type === 'Range' ? (low ?? high ?? {}) : (value as Unit)
}

/** `[number]`, `[number]|[system]|[code]`, or `[number]||[code]`: "either the code or the stated human unit". */
export function quantityMatches(query: string, found: Found): boolean {
  const [number = '', system = '', code = ''] = splitAt('|', query).map(unescaped)
  const numbers = numbersOf(found)
  if (!numbers) return false
  const unit = unitOf(found)
  if (system !== '' && unit.system !== system) return false
  if (code !== '' && unit.code !== code && (system !== '' || unit.unit !== code)) return false
  return numberMatches(number, numbers)
}
