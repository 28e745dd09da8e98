import type { Context } from '../access/principal.ts'
import { type Issue, operationOutcome } from '../fhir/error.ts'
import type { Search } from '../search/create-search.ts'
import type { SearchRequest } from '../search/request.ts'
import type { Page, StoredVersion } from '../store/store.ts'
import { bundleText, entryText, type Link } from './bundle-text.ts'
import type { Subset } from './subset.ts'

/** One page of a search as a Bundle: https://hl7.org/fhir/R4/bundle.html#searchset */
export function createSearchset({ search, subset }: { search: Search; subset: Subset }) {
  return function searchset(context: Context, request: SearchRequest, page: Page): string {
    const cursor = page.next && search.nextCursor(request, page.next, principalKeyOf(context))
    const entry = (mode: 'match' | 'include') => (stored: StoredVersion) =>
      entryText(
        { fullUrl: `${context.base}/${stored.type}/${stored.id}`, search: { mode } },
        subset(stored.json, stored.type, request, mode),
      )
    const entries = [
      ...page.matches.map(entry('match')),
      ...page.included.map(entry('include')),
      ...told(request, page),
    ]
    return bundleText({ type: 'searchset', total: page.total, links: linksOf(context, request, cursor), entries })
  }
}

/** Whose cursor it is: a page token of somebody else, or of another app, is refused. */
export function principalKeyOf({ principal }: Context): string {
  return `${principal.accountId ?? ''}|${principal.clientId}|${principal.patient?.id ?? ''}`
}

/** "an OperationOutcome … with additional information about the search process": what was left out, what is missing. */
function told({ ignored = [] }: SearchRequest, { incomplete }: Page): string[] {
  const issues: Issue[] = ignored.map((diagnostics) => ({ severity: 'warning', code: 'not-supported', diagnostics }))
  if (incomplete) issues.push(incompletePage)
  return issues.length === 0 ? [] : [outcomeEntry(issues)]
}

export const incompletePage: Issue = {
  severity: 'warning',
  code: 'incomplete',
  diagnostics: 'More resources belong to this page than it can include; ask for fewer matches at once.',
}

export function outcomeEntry(issues: readonly Issue[]): string {
  return entryText({ search: { mode: 'outcome' } }, JSON.stringify(operationOutcome(issues)))
}

/** "The self link SHALL contain the parameters that were actually used": https://hl7.org/fhir/R4/search.html#conformance */
function linksOf({ base }: Context, request: SearchRequest, cursor: string | undefined): Link[] {
  const { within, everyType, used: asked } = request
  const several = everyType === true || asked.some(([name]) => name === '_type')
  const place = within ? [within.type, within.id, several ? '*' : request.type] : several ? [] : [request.type]
  const used = new URLSearchParams(asked.map(([name, value]): [string, string] => [name, value]))
  const url = [base, ...place].join('/')
  const text = used.toString()
  const links: Link[] = [{ relation: 'self', url: text === '' ? url : `${url}?${text}` }]
  if (cursor === undefined) return links
  used.set('_cursor', cursor)
  return [...links, { relation: 'next', url: `${url}?${used}` }]
}
