import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { instantOf, timeRange } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import type { Handle, StoredVersion } from '../store/store.ts'
import { bundleText, entryText, type Link } from './bundle-text.ts'
import type { Answered, Interaction } from './interaction.ts'
import { notFound } from './visible-rows.ts'

const defaultCount = 20
const maximumCount = 1000

/**
 * history of one resource, newest first; every version is judged on its own row and on the access of today.
 *
 * https://hl7.org/fhir/R4/http.html#history
 */
export function createHistoryInstance({ access }: { access: Access }) {
  return async function historyInstance(
    context: Context,
    handle: Handle,
    { type, id, query }: Extract<Interaction, { kind: 'history-instance' }>,
  ): Promise<Answered> {
    const where = access.rows(context.principal, type, 'read', context.now.getTime())
    const asked = parse(query)
    const { versions, total, more } = await handle.resources.history(type, id, { where, ...asked })
    if (total === 0 && !(asked.since !== undefined || asked.at !== undefined)) throw notFound(type, id)
    // "Nothing since then" is an answer; whose history may not be seen at all has none.
    if (total === 0 && (await handle.resources.history(type, id, { where, count: 1 })).total === 0)
      throw notFound(type, id)
    const self = `${context.base}/${type}/${id}/_history`
    const links: Link[] = [{ relation: 'self', url: withQuery(self, query) }]
    const last = versions.at(-1)
    if (more && last) links.push({ relation: 'next', url: nextUrl(self, query, last.version) })
    const json = bundleText({
      type: 'history',
      total,
      links,
      entries: versions.map((v) => historyEntry(context.base, v)),
    })
    return { answer: { status: 200, json }, touched: { type, id, patients: patientsOf(versions) } }
  }
}

/** `_count`, `_since`, `_at` and our own `_before` (a version number, where the page starts); anything else is refused. */
function parse(query: URLSearchParams) {
  const asked: { count: number; since?: number; at?: number; before?: number } = { count: defaultCount }
  for (const [name, value] of query) {
    if (name === '_count') asked.count = Math.min(wholeNumber(name, value), maximumCount)
    else if (name === '_since') asked.since = period(name, value)[0]
    else if (name === '_at') asked.at = period(name, value)[1]
    else if (name === '_before') asked.before = wholeNumber(name, value)
    else if (name !== '_format' && name !== '_pretty') {
      throw new FhirError('unsupportedParameter', `History does not know the parameter "${name}".`)
    }
  }
  return asked
}

function wholeNumber(name: string, value: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(value))
    throw new FhirError('invalidQuery', `${name} is a number above 0, not "${value}".`)
  return Number(value)
}

function period(name: string, value: string): readonly [number, number] {
  const found = timeRange(value)
  if (!found) throw new FhirError('invalidQuery', `${name} is a date or an instant, not "${value}".`)
  return found
}

export function historyEntry(base: string, stored: StoredVersion): string {
  const { type, id, version, deleted, json } = stored
  const method = deleted ? 'DELETE' : version === 1 ? 'POST' : 'PUT'
  return entryText(
    {
      fullUrl: `${base}/${type}/${id}`,
      request: { method, url: method === 'POST' ? type : `${type}/${id}` },
      response: {
        status: deleted ? '204' : version === 1 ? '201' : '200',
        etag: `W/"${version}"`,
        lastModified: instantOf(stored.lastUpdated),
      },
    },
    json,
  )
}

export function patientsOf(rows: readonly StoredVersion[]): bigint[] {
  return [...new Set(rows.flatMap(({ pat }) => (pat === null ? [] : [pat])))]
}

function withQuery(url: string, query: URLSearchParams): string {
  const text = query.toString()
  return text === '' ? url : `${url}?${text}`
}

function nextUrl(url: string, query: URLSearchParams, before: number): string {
  const next = new URLSearchParams(query)
  next.set('_before', String(before))
  return withQuery(url, next)
}
