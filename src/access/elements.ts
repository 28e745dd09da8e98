import { isDeepStrictEqual } from 'node:util'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Person } from './rule.ts'

/** The top-level elements that differ between two versions; `meta`, which the server writes, left out. */
export function changedElements(before: Resource, after: Resource): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  names.delete('meta')
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).sort()
}

/** Refuses any change but of these elements. */
export function onlyChanges(before: Resource, after: Resource, allowed: readonly string[]): void {
  const other = changedElements(before, after).find((name) => !allowed.includes(elementOf(name)))
  if (other === undefined) return
  const expression = `${after.resourceType}.${elementOf(other)}`
  throw new FhirError('forbidden', `You may change ${allowed.join(', ')} here, but not ${expression}.`, { expression })
}

/** `_birthDate` holds what is said about `birthDate`. */
export function elementOf(name: string): string {
  return name.replace(/^_/, '')
}

/** The references in an element that may repeat. */
export function referencesIn(resource: Resource, element: string): { reference: Reference; path: string }[] {
  const value = resource[element]
  const path = `${resource.resourceType}.${element}`
  if (value === undefined) return []
  if (!Array.isArray(value)) return [{ reference: value as Reference, path }]
  return value.map((reference, n) => ({ reference: reference as Reference, path: `${path}[${n}]` }))
}

export function isPerson({ reference }: Reference, person: Person | undefined, base: string): boolean {
  const found = localReference(reference ?? '', base)
  return person !== undefined && found?.type === person.type && found.id === person.id
}

/** Whether a CodeableConcept, or one of several, holds the code in whatever system. */
export function hasCode(concepts: unknown, code: string): boolean {
  const all = (Array.isArray(concepts) ? concepts : [concepts]) as ({ coding?: { code?: string }[] } | undefined)[]
  return all.some((concept) => concept?.coding?.some((coding) => coding.code === code) ?? false)
}
