/** From a query string to a plan. https://hl7.org/fhir/R4/search.html */
import { FhirError } from '../../fhir/error.ts'
import type { Clause } from '../clause.ts'
import type { Cursors } from '../cursor.ts'
import type { Include, SearchRequest } from '../request.ts'
import type { Criterion } from './chain.ts'
import { allOf } from './condition.ts'
import type { createIncludes } from './includes.ts'
import { countOf, defaultCount, elementsOf, summaryOf, totalOf } from './result-parameters.ts'
import type { createSort } from './sort.ts'

export interface ParseOptions {
  /** `Prefer: handling=lenient`: what is not supported is left out, and absent from `used`. */
  readonly lenient: boolean
  /** Whose cursors these are. */
  readonly principalKey: string
}

interface Parts {
  criterion: Criterion
  includes: ReturnType<typeof createIncludes>
  sort: ReturnType<typeof createSort>
  cursors: Cursors
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Draft = Mutable<Omit<SearchRequest, 'where' | 'includes' | 'used'>> & {
  where: Clause[]
  includes: Include[]
  used: [string, string][]
}

/** For http, which has already read them. */
const forHttp = new Set(['_format', '_pretty'])
const pageParameter = '_cursor'
const mostParameters = 200
const mostIncludes = 500

export function createParse({ criterion, includes, sort, cursors }: Parts) {
  /** Parameters that are none of the type's: what to return, and how. Each may come once. */
  const single = new Map<string, (draft: Draft, value: string) => void>([
    ['_count', (draft, value) => void (draft.count = countOf(value))],
    ['_sort', (draft, value) => void (draft.sort = sort(draft.type, value))],
    ['_total', (draft, value) => void (draft.total = totalOf(value))],
    ['_summary', (draft, value) => void (draft.summary = summaryOf(value))],
    ['_elements', (draft, value) => void (draft.elements = elementsOf(value))],
  ])

  function read(draft: Draft, name: string, value: string): void {
    const result = single.get(name)
    if (result) {
      if (draft.used.some(([used]) => used === name)) throw new FhirError('invalidQuery', `${name} may come once only`)
      result(draft, value)
    } else if (/^_(?:rev)?include(?::|$)/.test(name)) draft.includes.push(...includes(draft.type, name, value))
    else draft.where.push(criterion(draft.type, name, value))
    draft.used.push([name, name === '_count' ? String(draft.count) : value])
  }

  return function parse(type: string, query: URLSearchParams, { lenient, principalKey }: ParseOptions): SearchRequest {
    const draft = emptyDraft(type)
    if (query.size > mostParameters)
      throw new FhirError('invalidQuery', `A search has ${mostParameters} parameters at most`)
    for (const [name, value] of query) {
      if (forHttp.has(name) || name === pageParameter) continue
      try {
        read(draft, name, value)
      } catch (error) {
        if (!(lenient && error instanceof FhirError && error.problem === 'unsupportedParameter')) throw error
      }
    }
    refuseContradictions(draft)
    const [cursor, ...others] = query.getAll(pageParameter)
    if (others.length > 0) throw new FhirError('invalidQuery', `${pageParameter} may come once only`)
    return {
      ...draft,
      where: allOf(draft.where),
      // "If _count has the value 0, this shall be treated the same as _summary=count".
      count: draft.summary === 'count' ? 0 : draft.count,
      after: cursor === undefined ? undefined : cursors.read(draft, cursor, principalKey),
    }
  }
}

function refuseContradictions({ summary, elements, includes }: Draft): void {
  if (includes.length > mostIncludes)
    throw new FhirError('invalidQuery', 'The includes lead to too many types; name them')
  if (summary === 'text' && includes.length > 0) {
    throw new FhirError('invalidQuery', '_include and _revinclude cannot be mixed with _summary=text')
  }
  if (elements && summary !== undefined && summary !== 'false') {
    throw new FhirError('invalidQuery', '_elements and _summary cannot be mixed')
  }
}

function emptyDraft(type: string): Draft {
  return {
    type,
    where: [],
    sort: [],
    count: defaultCount,
    total: undefined,
    summary: undefined,
    elements: undefined,
    includes: [],
    after: undefined,
    used: [],
  }
}
