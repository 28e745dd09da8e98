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

/**
 * Only base elements, as R4 says; the ones that a type does not have select nothing. With its type in front of it, an element
 * is one of that type alone, be it found or included.
 */
export function elementsOf(value: string, resourceTypes: readonly string[]): string[] {
  const names = value.split(',').map((name) => name.trim())
  for (const name of names) {
    const [, type, element] = /^(?:([^.]*)\.)?([A-Za-z][A-Za-z0-9]*)$/.exec(name) ?? []
    if (element !== undefined && (type === undefined || resourceTypes.includes(type))) continue
    const hint = 'Name elements at the root of the resource, such as "name" or "Patient.name".'
    throw new FhirError('invalidQuery', `_elements cannot be "${cut(name)}". ${hint}`)
  }
  return names
}

/** How one resource is to be shown, which a read may ask for as well: https://hl7.org/fhir/R4/http.html#parameters */
export type Form = Pick<SearchRequest, 'summary' | 'elements'>

export function formOf(query: URLSearchParams, resourceTypes: readonly string[]): Form {
  const [summary, elements] = [once(query, '_summary'), once(query, '_elements')]
  const form = {
    summary: summary === undefined ? undefined : summaryOf(summary),
    elements: elements === undefined ? undefined : elementsOf(elements, resourceTypes),
  }
  refuseMixed(form)
  if (form.summary !== 'count') return form
  throw new FhirError('invalidQuery', '_summary=count is for searches', { expression: '_summary' })
}

export function refuseMixed({ summary, elements }: Form): void {
  if (elements && summary !== undefined && summary !== 'false') {
    throw new FhirError('invalidQuery', '_elements and _summary cannot be mixed')
  }
}

function once(query: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = query.getAll(name)
  if (others.length > 0) throw new FhirError('invalidQuery', `${name} may come once only`, { expression: name })
  return value
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value)
  if (found === undefined) throw new FhirError('invalidQuery', `${name} is ${known.join(', ')}, not "${value}"`)
  return found
}
