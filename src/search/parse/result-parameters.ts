/** Parameters that say what to return of the matches. https://hl7.org/fhir/R4/search.html#return */
import { FhirError } from '../../fhir/error.ts'
import type { SearchRequest } from '../request.ts'

const mostCount = 1_000
export const defaultCount = 20

const summaries = ['true', 'text', 'data', 'count', 'false'] as const
const totals = ['none', 'estimate', 'accurate'] as const

export function countOf(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new FhirError('invalidQuery', `_count is a number of resources, not "${value}"`)
  return Math.min(Number(value), mostCount)
}

export function summaryOf(value: string): NonNullable<SearchRequest['summary']> {
  return oneOf('_summary', value, summaries)
}

export function totalOf(value: string): NonNullable<SearchRequest['total']> {
  return oneOf('_total', value, totals)
}

/** Contained resources are found through what contains them, which is what `false` means. */
export function containedOf(value: string): void {
  if (value === 'false') return
  throw new FhirError(
    'unsupportedParameter',
    `"_contained=${value}" is not supported: contained resources are no matches of their own.`,
  )
}

/** Only base elements, as R4 says; the ones that a type does not have select nothing. */
export function elementsOf(value: string): string[] {
  const names = value.split(',').map((name) => name.trim())
  if (names.some((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))) {
    throw new FhirError('invalidQuery', `_elements is a list of top-level elements, not "${value}"`)
  }
  return names
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value)
  if (found === undefined) throw new FhirError('invalidQuery', `${name} is ${known.join(', ')}, not "${value}"`)
  return found
}
