/** From a query string to a plan. https://hl7.org/fhir/R4/search.html */
import { FhirError } from '../../fhir/error.ts'
import type { Clause } from '../clause.ts'
import type { Codes } from '../codes.ts'
import { sortsByContent } from '../content-order.ts'
import type { Cursors } from '../cursor.ts'
import type { createFollow } from '../follow.ts'
import type { Compartment, SearchRequest } from '../request.ts'
import type { Criterion } from './chain.ts'
import { allOf } from './condition.ts'
import { type Draft, emptyDraft, type Target } from './draft.ts'
import type { createIncludes } from './includes.ts'
import { containedOf, countOf, elementsOf, refuseMixed, summaryOf, totalOf } from './result-parameters.ts'
import type { createSort } from './sort.ts'

export interface ParseOptions {
  /** `Prefer: handling=lenient`: what is not supported is left out, and absent from `used`. */
  readonly lenient: boolean
  /** Whose cursors these are. */
  readonly principalKey: string
  /** What value sets and hierarchies of codes are; without it, what is on board says so. */
  readonly codes?: Codes | undefined
  /** Only what is in this compartment. */
  readonly within?: Compartment | undefined
}

interface Parts {
  resourceTypes: readonly string[]
  criterion: Criterion
  /** Undefined: the compartment holds no rows of this type. */
  inCompartment: (type: string, within: Compartment) => Clause | undefined
  includes: ReturnType<typeof createIncludes>
  follow: ReturnType<typeof createFollow>
  sort: ReturnType<typeof createSort>
  cursors: Cursors
}

/** For http, which has already read them. */
const forHttp = new Set(['_format', '_pretty'])
const pageParameter = '_cursor'
const typeParameter = '_type'
const mostParameters = 200

export function createParse({ resourceTypes, criterion, inCompartment, includes, follow, sort, cursors }: Parts) {
  /** Parameters that are none of the type's: what to return, and how. Each may come once. */
  const single = new Map<string, (draft: Draft, value: string) => void>([
    ['_count', (draft, value) => void (draft.count = countOf(value))],
    ['_sort', sorted],
    ['_total', (draft, value) => void (draft.total = totalOf(value))],
    ['_summary', (draft, value) => void (draft.summary = summaryOf(value))],
    ['_elements', (draft, value) => void (draft.elements = elementsOf(value, resourceTypes))],
    ['_contained', (_draft, value) => containedOf(value)],
  ])

  function sorted(draft: Draft, value: string): void {
    const keys = draft.types.map(({ type }) => sort(type, value))
    for (const [n, searched] of draft.types.entries()) searched.sort = keys[n]!
  }

  /** Every type that is searched must know the parameter: "parameters … common to all the resource types searched". */
  function read(draft: Draft, name: string, value: string, codes: Codes | undefined): void {
    const result = single.get(name)
    if (result) {
      if (draft.used.some(([used]) => used === name)) throw new FhirError('invalidQuery', `${name} may come once only`)
      result(draft, value)
    } else if (/^_(?:rev)?include(?::|$)/.test(name)) {
      const types = draft.types.map(({ type }) => type)
      draft.rules.push(...includes(types, name, value))
    } else {
      const clauses = draft.types.map(({ type }) => criterion(type, name, value, codes, draft.budget))
      for (const [n, { where }] of draft.types.entries()) where.push(clauses[n]!)
    }
    draft.used.push([name, name === '_count' ? String(draft.count) : value])
  }

  /** The types that a query over several is about: those that `_type` names, or all. */
  function typesOf({ type, within }: Target, query: URLSearchParams): readonly string[] {
    if (type !== undefined) return [type]
    const known = within ? resourceTypes.filter((one) => inCompartment(one, within) !== undefined) : resourceTypes
    const named = query.getAll(typeParameter)
    if (named.length === 0) return known
    if (named.length > 1) throw new FhirError('invalidQuery', `${typeParameter} may come once only`)
    const types = [...new Set(named[0]!.split(','))]
    for (const one of types) {
      if (!resourceTypes.includes(one))
        throw new FhirError('invalidQuery', `"${one}" is not a resource type of FHIR R4.`)
    }
    return types
  }

  return function parse(type: string | undefined, query: URLSearchParams, options: ParseOptions): SearchRequest {
    const { lenient, principalKey, within, codes } = options
    const target = { type, within }
    if (query.size > mostParameters)
      throw new FhirError('invalidQuery', `A search has ${mostParameters} parameters at most`)
    const draft = emptyDraft(typesOf(target, query), target)
    for (const [name, value] of query) {
      if (forHttp.has(name) || name === pageParameter) continue
      if (name === typeParameter && type === undefined) {
        draft.used.push([name, value])
        draft.everyType = false
        continue
      }
      try {
        read(draft, name, value, codes)
      } catch (error) {
        if (!(lenient && error instanceof FhirError && error.problem === 'unsupportedParameter')) throw error
        draft.ignored.push(`"${name}" was left out of the search: ${error.message}`)
      }
    }
    refuseContradictions(draft)
    const [cursor, ...others] = query.getAll(pageParameter)
    if (others.length > 0) throw new FhirError('invalidQuery', `${pageParameter} may come once only`)
    const request = requestOf(draft)
    return cursor === undefined ? request : { ...request, after: cursors.read(request, cursor, principalKey) }
  }

  function requestOf(draft: Draft): SearchRequest {
    const { types, rules, within, everyType, total, summary, elements, used, ignored } = draft
    const [first, ...others] = types.map(({ type, where, sort: keys }) => ({
      type,
      where: allOf(within ? [inCompartment(type, within) ?? { op: 'none' }, ...where] : where),
      sort: keys,
    }))
    return {
      type: first!.type,
      where: first!.where,
      sort: first!.sort,
      ...(others.length > 0 ? { others } : {}),
      // Named one by one: what is left of an object costs more to copy than all of the parsing.
      ...{ within, everyType, total, summary, elements, after: undefined, used, ignored },
      ...follow(rules, !sortsByContent(first!)),
      // "If _count has the value 0, this shall be treated the same as _summary=count".
      count: summary === 'count' ? 0 : draft.count,
    }
  }
}

function refuseContradictions({ summary, elements, rules }: Draft): void {
  if (summary === 'text' && rules.length > 0) {
    throw new FhirError('invalidQuery', '_include and _revinclude cannot be mixed with _summary=text')
  }
  refuseMixed({ summary, elements })
}
