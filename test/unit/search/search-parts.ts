import { holds } from '../../../src/access/holds.ts'
import { labelsOf } from '../../../src/access/labels.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Clause } from '../../../src/search/clause.ts'
import { createSearch } from '../../../src/search/create-search.ts'
import { createKeys } from '../../../src/search/keys.ts'
import type { SearchRequest } from '../../../src/search/request.ts'

/** The real parts on R4's own definitions, with fixed secrets and a fixed clock. */
export const base = 'https://example.org/fhir'
export const now = Date.UTC(2026, 0, 1)
export const definitions = await loadDefinitions()
export const keys = createKeys(Buffer.alloc(32, 1), () => now)
export const search = createSearch({
  definitions,
  keys,
  base,
  cursorSecret: Buffer.alloc(32, 2),
  labels: labelsOf,
  now: () => now,
})

export function parse(type: string, query: string, lenient = false): SearchRequest {
  return search.parse(type, new URLSearchParams(query), { lenient, principalKey: 'anna' })
}

/** The condition that a query makes. */
export function where(type: string, query: string): Clause {
  return parse(type, query).where
}

/** Whether a resource is found by a query, as far as its own index values tell; undefined where other rows decide. */
export function finds(query: string, resource: Resource): boolean | undefined {
  return holds(where(resource.resourceType, query), search.extract(resource, resource.id ?? 'x'))
}

export function rid(type: string, id: string): bigint {
  return keys.ridOf(type, id)
}

/** What FhirError says and is, for tables of refusals. */
export function refusal(act: () => unknown): { problem: string; text: string } | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    const { problem, message } = error as { problem: string; message: string }
    return { problem, text: message }
  }
}
