/**
 * search of one type: `GET [base]/[type]?[parameters]` and `POST [base]/[type]/_search`; of the whole system:
 * `GET [base]?[parameters]` and `POST [base]/_search`; and of a compartment: `GET [base]/Patient/[id]/[type]?[parameters]`.
 *
 * https://hl7.org/fhir/R4/http.html#search
 */
import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Search } from '../search/create-search.ts'
import { searchedTypes, type SearchRequest } from '../search/request.ts'
import type { Handle } from '../store/store.ts'
import type { Answered, Interaction } from './interaction.ts'
import type { createSearchTerminology } from './operations/terminology/search-terminology.ts'
import { createSearchset, principalKeyOf } from './searchset.ts'
import type { Subset } from './subset.ts'
import { patientsOf, searchable, searchableAmong } from './visible-rows.ts'

interface Parts {
  access: Access
  search: Search
  subset: Subset
  withTerminology: ReturnType<typeof createSearchTerminology>
}

type Asked = Extract<Interaction, { kind: 'search-type' | 'search-system' }>

/** Access is part of the query: matches, includes and totals hold what the caller may see, and nothing is hidden afterwards. */
export function createSearches({ access, search, subset, withTerminology }: Parts) {
  const searchset = createSearchset({ search, subset })

  async function answered(
    context: Context,
    handle: Handle,
    asked: Asked,
    request: SearchRequest,
    allowed: ReturnType<typeof searchable>,
  ): Promise<Answered> {
    const page = await handle.resources.find(request, allowed)
    const { within, query } = asked
    const text = within ? `${within.type}/${within.id}?${query}` : query.toString()
    const touched = {
      ...('type' in asked ? { type: asked.type } : {}),
      query: text,
      patients: patientsOf([...page.matches, ...page.included]),
    }
    return { answer: { status: 200, json: searchset(context, request, page) }, touched }
  }

  const optionsOf = (context: Context, { lenient, within }: Asked) => ({
    ...{ lenient, within },
    principalKey: principalKeyOf(context),
  })

  return {
    /** What scope or role never allow is refused before the query is read. */
    async searchType(context: Context, handle: Handle, asked: Extract<Interaction, { kind: 'search-type' }>) {
      const allowed = searchable(access, context, asked.type)
      const options = optionsOf(context, asked)
      const request = await withTerminology({ context, handle }, (codes) =>
        search.parse(asked.type, asked.query, { ...options, codes }),
      )
      return answered(context, handle, asked, request, allowed)
    },

    async searchSystem(context: Context, handle: Handle, asked: Extract<Interaction, { kind: 'search-system' }>) {
      const options = optionsOf(context, asked)
      const request = await withTerminology({ context, handle }, (codes) =>
        search.parseSystem(asked.query, { ...options, codes }),
      )
      const types = searchedTypes(request).map(({ type }) => type)
      const allowed = searchableAmong(access, context, types, request.everyType === true)
      return answered(context, handle, asked, request, allowed)
    },
  }
}
