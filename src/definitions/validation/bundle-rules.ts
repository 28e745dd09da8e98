import { isAbsolute } from '../../fhir/reference.ts'
import type { Walk } from '../walk.ts'
import { entriesNamed, restfulUrl } from './resolve.ts'

interface Entry {
  readonly fullUrl?: string
  readonly resource?: Resource
  readonly search?: { readonly mode?: string }
  readonly request?: { readonly method?: string }
}

interface Resource {
  readonly resourceType: string
  readonly id?: string
  readonly meta?: { readonly versionId?: string }
}

/** What the invariants of a Bundle leave to the text. https://hl7.org/fhir/R4/bundle.html */
export function checkBundle(bundle: Readonly<Record<string, unknown>>, walk: Walk): void {
  const type = bundle.type as string
  const entries = (bundle.entry ?? []) as readonly Entry[]
  checkLinks((bundle.link ?? []) as readonly { relation?: string }[], walk)
  for (const [at, entry] of entries.entries()) {
    walk.enter('entry')
    walk.enter(at)
    checkFullUrl(entry, type, walk)
    if (type === 'searchset') checkSearchEntry(entry, walk)
    walk.leave()
    walk.leave()
  }
  if (type === 'document' || type === 'message') checkTogether(entries, type, walk)
}

/** Link relations name one page each: https://hl7.org/fhir/R4/http.html#paging, RFC 5005 */
function checkLinks(links: readonly { relation?: string }[], walk: Walk): void {
  const once = new Set(['self', 'first', 'previous', 'prev', 'next', 'last'])
  const seen = new Set<string>()
  for (const [at, { relation }] of links.entries()) {
    if (relation === undefined || !once.has(relation)) continue
    if (seen.has(relation)) walk.report('invalid', `there is more than one link "${relation}"`, `link[${at}]`)
    seen.add(relation)
  }
}

/**
 * "The Absolute URL for the resource. The fullUrl SHALL NOT disagree with the id in the resource - i.e. if the fullUrl is not a
 * urn:uuid, the URL shall be version-independent URL consistent with the Resource.id."
 */
function checkFullUrl({ fullUrl, resource, request }: Entry, bundleType: string, walk: Walk): void {
  if (fullUrl === undefined) {
    if (resource && isWithFullUrl(bundleType, request)) walk.report('required', '"fullUrl" is required', 'fullUrl')
    return
  }
  if (!isAbsolute(fullUrl)) {
    walk.report('invalid', `the fullUrl "${fullUrl}" is not an absolute URL`, 'fullUrl')
    return
  }
  const parts = restfulUrl(fullUrl)
  if (!parts || !resource || request?.method === 'POST') return
  const { type, id } = parts
  if (type !== resource.resourceType || (resource.id !== undefined && id !== resource.id))
    walk.report('invalid', `the fullUrl ${fullUrl} is not that of ${resource.resourceType}/${resource.id}`, 'fullUrl')
}

/** "The fullUrl element SHALL have a value except that: it can be empty on a POST; results from operations might involve resources that are not identified." */
function isWithFullUrl(bundleType: string, request: Entry['request']): boolean {
  return bundleType === 'document' || bundleType === 'message'
    ? true
    : bundleType === 'history' && request?.method === 'PUT'
}

/** https://hl7.org/fhir/R4/valueset-search-entry-mode.html: "outcome: an OperationOutcome that provides additional information" */
function checkSearchEntry({ resource, search }: Entry, walk: Walk): void {
  if (!resource) return
  const isOutcome = resource.resourceType === 'OperationOutcome'
  if (search?.mode === 'outcome') {
    if (!isOutcome) walk.report('invalid', `the outcome of a search is no ${resource.resourceType}`, 'resource')
  } else if (resource.id === undefined && !isOutcome) {
    walk.report('invalid', 'what a search finds has an id', 'resource')
  }
}

/**
 * "Any resource referenced directly in the Composition SHALL be included in the bundle when the document is assembled", and a
 * message carries what its header is about.
 *
 * https://hl7.org/fhir/R4/documents.html, https://hl7.org/fhir/R4/bundle.html#references
 */
function checkTogether(entries: readonly Entry[], type: string, walk: Walk): void {
  const [first] = entries
  if (!first?.resource) return
  const found =
    type === 'document' ? referencesOf(first.resource, '') : referencesOf(first.resource, '').filter(isFocus)
  for (const { reference, path } of found) {
    if (reference.startsWith('#')) continue
    const { length } = entriesNamed(walk.frame, reference, first.fullUrl)
    if (length === 1) continue
    const problem = length > 1 ? 'fits several entries of the bundle' : 'is not in the bundle'
    walk.report('not-found', `"${reference}" ${problem}`, `entry[0].resource${path}`)
  }
}

interface Found {
  readonly reference: string
  readonly path: string
}

function isFocus({ path }: Found): boolean {
  return path.startsWith('.focus[')
}

/** Extensions may refer to what they like. */
function referencesOf(value: unknown, path: string): Found[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item, at) => referencesOf(item, `${path}[${at}]`))
  const { reference } = value as { reference?: unknown }
  const own = typeof reference === 'string' ? [{ reference, path }] : []
  return Object.entries(value)
    .filter(([name]) => !/^(?:contained|extension|modifierExtension|_.*)$/.test(name))
    .reduce((found, [name, inner]) => [...found, ...referencesOf(inner, `${path}.${name}`)], own)
}
