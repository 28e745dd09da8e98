import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Coding } from '../fhir/resource.ts'
import type { Search } from '../search/create-search.ts'
import type { Position } from '../search/request.ts'
import type { StoredVersion } from '../store/store.ts'
import { entryText, type Link } from './bundle-text.ts'
import type { Call } from './operation.ts'
import type { Given } from './operation-parameters.ts'
import { principalKeyOf } from './searchset.ts'

/**
 * The pages of an operation that answers a searchset: `next` is a GET with the same parameters and an opaque cursor.
 *
 * https://hl7.org/fhir/R4/http.html#paging
 */
export const pagingParameters = { _count: { type: 'integer' }, _cursor: { type: 'string' } } as const

const mostCount = 1_000

export interface Paging {
  readonly count: number
  readonly after: Position | undefined
  /** As in a query. */
  readonly used: string
  links(next: Position | undefined): Link[]
}

export function pagingOf(search: Search, { asked, given, context }: Call, defaultCount: number): Paging {
  const { type, id, name } = asked
  const request = { type: [type, id, `$${name}`].filter((part) => part !== undefined).join('/'), used: usedOf(given) }
  const principalKey = principalKeyOf(context)
  const cursor = given.text('_cursor')
  const url = (query: [string, string][]) =>
    `${context.base}/${request.type}${query.length === 0 ? '' : `?${new URLSearchParams(query)}`}`
  return {
    count: countOf(given, defaultCount),
    after: cursor === undefined ? undefined : search.readCursor(request, cursor, principalKey),
    used: new URLSearchParams(request.used).toString(),
    links(next) {
      const self: Link = { relation: 'self', url: url(request.used) }
      if (!next) return [self]
      const token = search.nextCursor(request, next, principalKey)
      return [self, { relation: 'next', url: url([...request.used, ['_cursor', token]]) }]
    },
  }
}

function countOf(given: Given, defaultCount: number): number {
  const count = given.number('_count') ?? defaultCount
  if (count >= 1) return Math.min(count, mostCount)
  const expression = given.place('_count')
  throw new FhirError('invalidQuery', `_count is a number above 0, not ${count}.`, { expression })
}

function usedOf(given: Given): [string, string][] {
  return given.all
    .filter(({ name }) => name !== '_cursor')
    .map(({ name, value }): [string, string] => [name, isCoding(value) ? tokenOf(value) : String(value)])
}

function isCoding(value: unknown): value is Coding {
  return typeof value === 'object' && value !== null
}

/** `system|code`, or the code alone. */
export function tokenOf({ system, code = '' }: Coding): string {
  return system === undefined ? code : `${system}|${code}`
}

export function entryOf({ base }: Context, mode: 'match' | 'include') {
  return ({ type, id, json }: StoredVersion) => entryText({ fullUrl: `${base}/${type}/${id}`, search: { mode } }, json)
}
