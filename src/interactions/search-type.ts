import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Search } from '../search/create-search.ts'
import type { SearchRequest } from '../search/request.ts'
import type { Handle, Page, StoredVersion } from '../store/store.ts'
import { bundleText, entryText, type Link } from './bundle-text.ts'
import { patientsOf } from './visible-rows.ts'
import type { Answered, Interaction } from './interaction.ts'
import type { Subset } from './subset.ts'
import { searchable } from './visible-rows.ts'

interface Parts {
  access: Access
  search: Search
  subset: Subset
}

/**
 * search of one type: `GET [base]/[type]?[parameters]` and `POST [base]/[type]/_search`.
 *
 * Access is part of the query: matches, includes and totals hold what the caller may see, and nothing is hidden afterwards.
 *
 * https://hl7.org/fhir/R4/http.html#search
 */
export function createSearchType({ access, search, subset }: Parts) {
  return async function searchType(
    context: Context,
    handle: Handle,
    { type, query, lenient }: Extract<Interaction, { kind: 'search-type' }>,
  ): Promise<Answered> {
    const allowed = searchable(access, context, type)
    const principalKey = principalKeyOf(context)
    const request = search.parse(type, query, { lenient, principalKey })
    const page = await handle.resources.find(request, allowed)
    const links = linksOf(context, request, page, (position) => search.nextCursor(request, position, principalKey))
    const json = bundleText({ type: 'searchset', total: page.total, links, entries: entriesOf(context, request, page) })
    const seen = [...page.matches, ...page.included]
    return { answer: { status: 200, json }, touched: { type, query: query.toString(), patients: patientsOf(seen) } }
  }

  function entriesOf(context: Context, request: SearchRequest, { matches, included }: Page): string[] {
    const entry = (mode: 'match' | 'include') => (stored: StoredVersion) =>
      entryText(
        { fullUrl: `${context.base}/${stored.type}/${stored.id}`, search: { mode } },
        subset(stored.json, stored.type, request),
      )
    return [...matches.map(entry('match')), ...included.map(entry('include'))]
  }
}

/** Whose cursor it is: a page token of somebody else, or of another app, is refused. */
export function principalKeyOf({ principal }: Context): string {
  return `${principal.accountId ?? ''}|${principal.clientId}|${principal.patient?.id ?? ''}`
}

/** "The self link SHALL contain the parameters that were actually used": https://hl7.org/fhir/R4/search.html#conformance */
function linksOf(
  context: Context,
  request: SearchRequest,
  page: Page,
  cursor: (position: NonNullable<Page['next']>) => string,
): Link[] {
  const used = new URLSearchParams(request.used.map(([name, value]): [string, string] => [name, value]))
  const url = `${context.base}/${request.type}`
  const text = used.toString()
  const links: Link[] = [{ relation: 'self', url: text === '' ? url : `${url}?${text}` }]
  if (page.next) {
    used.set('_cursor', cursor(page.next))
    links.push({ relation: 'next', url: `${url}?${used}` })
  }
  return links
}
