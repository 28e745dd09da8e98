import type { Context } from '../access/principal.ts'
import { instantOf, timeRange } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import type { Clause } from '../search/clause.ts'
import type { Search } from '../search/create-search.ts'
import type { Handle, HistoryPage, HistoryPosition, HistoryRequest, StoredVersion } from '../store/store.ts'
import { bundleText, entryText, type Link } from './bundle-text.ts'
import { principalKeyOf } from './searchset.ts'
import type { Subset } from './subset.ts'

const defaultCount = 20
const maximumCount = 1000

type Asked = Omit<HistoryRequest, 'of' | 'id' | 'after'>

export interface HistoryOf {
  /** Below the base: `Patient/1`, `Patient`, or nothing. */
  readonly path: string
  readonly of: readonly { type: string; where: Clause }[]
  readonly id?: string
  readonly query: URLSearchParams
}

export type ReadHistory = ReturnType<typeof createHistoryPage>

/**
 * One page of a history, newest first or oldest first, and where the next one is. A cursor belongs to the one who got it and
 * to what was asked; what may be seen is judged anew on every page.
 *
 * https://hl7.org/fhir/R4/http.html#history
 */
export function createHistoryPage({ search, subset }: { search: Search; subset: Subset }) {
  return async function historyPage(
    context: Context,
    handle: Handle,
    { path, of, id, query }: HistoryOf,
  ): Promise<HistoryPage & { json: string; asked: Asked }> {
    const { asked, used, cursor } = parse(query)
    const form = search.form(query)
    const principalKey = principalKeyOf(context)
    const cursored = { type: `${path}/_history`, used }
    const after = cursor === undefined ? undefined : positionOf(search.readCursor(cursored, cursor, principalKey))
    const page = await handle.resources.history({ ...asked, of, ...(id === undefined ? {} : { id }), after })
    const url = [context.base, ...(path === '' ? [] : [path]), '_history'].join('/')
    const links: Link[] = [{ relation: 'self', url: withQuery(url, used) }]
    if (page.next) {
      const next = search.nextCursor(cursored, cursorOf(page.next), principalKey)
      links.push({ relation: 'next', url: withQuery(url, [...used, ['_cursor', next]]) })
    }
    const entries = page.versions.map((version) =>
      historyEntry(context.base, { ...version, json: subset(version.json, version.type, form) }),
    )
    return { ...page, asked, json: bundleText({ type: 'history', total: page.total, links, entries }) }
  }
}

function cursorOf({ snapshot, lastUpdated, rid, version }: HistoryPosition) {
  return { values: [snapshot, lastUpdated, version], rid }
}

function positionOf({ values, rid }: { values: readonly unknown[]; rid: bigint }): HistoryPosition {
  const [snapshot, lastUpdated, version] = values as [string, number, number]
  return { snapshot, lastUpdated, version, rid }
}

/** For `Search.form`. */
const forms = new Set(['_summary', '_elements'])

/** `_count`, `_since` and `_at` of R4, what R4 has for every answer, `_before` and `_sort` as later versions have them; anything else is refused. */
function parse(query: URLSearchParams) {
  const asked: { -readonly [K in keyof Asked]: Asked[K] } = { count: defaultCount }
  const used: [string, string][] = []
  for (const [name, value] of query) {
    if (name === '_format' || name === '_pretty' || name === '_cursor') continue
    if (used.some(([known]) => known === name)) throw new FhirError('invalidQuery', `${name} may come once only.`)
    if (name === '_count') asked.count = Math.min(countOf(value), maximumCount)
    else if (name === '_since') asked.since = period(name, value)[0]
    else if (name === '_before') asked.before = period(name, value)[0]
    else if (name === '_at') asked.at = period(name, value)
    else if (name === '_sort') asked.ascending = isAscending(value)
    else if (!forms.has(name))
      throw new FhirError('unsupportedParameter', `History does not know the parameter "${name}".`)
    used.push([name, name === '_count' ? String(asked.count) : value])
  }
  const [cursor, ...others] = query.getAll('_cursor')
  if (others.length > 0) throw new FhirError('invalidQuery', '_cursor may come once only.')
  return { asked, used, cursor }
}

function countOf(value: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(value))
    throw new FhirError('invalidQuery', `_count is a number above 0, not "${value}".`)
  return Number(value)
}

function period(name: string, value: string): readonly [number, number] {
  const found = timeRange(value)
  if (!found) throw new FhirError('invalidQuery', `${name} is a date or an instant, not "${value}".`)
  return found
}

function isAscending(value: string): boolean {
  if (value === '_lastUpdated' || value === '-_lastUpdated') return value === '_lastUpdated'
  throw new FhirError(
    'unsupportedParameter',
    `A history is sorted by _lastUpdated or -_lastUpdated, not by "${value}".`,
  )
}

function historyEntry(base: string, { type, id, version, deleted, lastUpdated, json }: StoredVersion): string {
  const method = deleted ? 'DELETE' : version === 1 ? 'POST' : 'PUT'
  return entryText(
    {
      fullUrl: `${base}/${type}/${id}`,
      request: { method, url: method === 'POST' ? type : `${type}/${id}` },
      response: {
        status: deleted ? '204' : version === 1 ? '201' : '200',
        etag: `W/"${version}"`,
        lastModified: instantOf(lastUpdated),
      },
    },
    json,
  )
}

function withQuery(url: string, used: readonly (readonly [string, string])[]): string {
  const text = new URLSearchParams(used.map(([name, value]): [string, string] => [name, value])).toString()
  return text === '' ? url : `${url}?${text}`
}
