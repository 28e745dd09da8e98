import { compartmentCodes } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { isId } from '../fhir/resource.ts'
import type { Compartment } from '../search/request.ts'
import { hasBytes } from './binary-bytes.ts'
import { isPossible } from './interaction-table.ts'
import type { Interaction, Known, Return } from './interaction.ts'

/** What a request line and its conditional headers ask for; the same for HTTP and for the entries of a Bundle. */
export interface Ask {
  method: string
  /** Below the base, without a leading slash and without the query: `Patient/1/_history/2`. */
  path: string
  query: URLSearchParams
  ifMatch?: string | undefined
  ifNoneMatch?: string | undefined
  /** Epoch ms: what was changed later is to be answered. */
  ifModifiedSince?: number | undefined
  ifNoneExist?: string | undefined
  /** `Prefer: handling=lenient` */
  lenient?: boolean
  prefer?: Return | undefined
  /** To the letter, for the audit trail. */
  sent?: string
}

/**
 * The one router of FHIR: pure, total, and used for HTTP and for Bundle entries alike.
 *
 * https://hl7.org/fhir/R4/http.html#summary
 */
export function createInteractionOf(isResourceType: (name: string) => boolean) {
  return function interactionOf(ask: Ask): Interaction {
    const segments = ask.path.split('/').filter((segment) => segment !== '')
    const [first, second, third, fourth] = segments
    if (segments.length > 4) throw unknownPath(ask)
    if (first === undefined) return wholeSystem(ask)
    if (first === 'metadata' && segments.length === 1)
      return only(ask, 'GET', { kind: 'capabilities', query: ask.query })
    if (first === '_history' && second === undefined) {
      return only(ask, 'GET', { kind: 'history-system', query: ask.query, ...sent(ask) })
    }
    if (first.startsWith('$') && segments.length === 1) return operation(ask, first)
    if (first === '_search' && segments.length === 1) return only(ask, 'POST', search(ask))
    if (!isResourceType(first)) {
      throw new FhirError('unknownType', `"${first}" is not a resource type of FHIR R4.`)
    }
    if (second === undefined) return typeLevel(ask, first)
    if (second === '_search' && third === undefined) return only(ask, 'POST', search(ask, first))
    if (second === '_history' && third === undefined) {
      return only(ask, 'GET', { kind: 'history-type', type: first, query: ask.query, ...sent(ask) })
    }
    if (second.startsWith('$') && third === undefined) return operation(ask, second, first)
    if (!isId(second)) throw badId(ask, second)
    if (third === undefined) return instanceLevel(ask, first, second)
    if (third.startsWith('$') && fourth === undefined) return operation(ask, third, first, second)
    const code = compartmentCodes.find((one) => one === first)
    if (code !== undefined && third !== '_history') {
      return compartmentLevel(ask, { type: code, id: second }, third, fourth, isResourceType)
    }
    if (third !== '_history') throw unknownPath(ask)
    if (fourth === undefined) {
      return only(ask, 'GET', { kind: 'history-instance', type: first, id: second, query: ask.query, ...sent(ask) })
    }
    return only(ask, 'GET', { kind: 'vread', type: first, id: second, version: fourth, ...known(ask), ...form(ask) })
  }
}

function wholeSystem(ask: Ask): Interaction {
  if (ask.method === 'POST') return { kind: 'batch', ...(ask.prefer ? { prefer: ask.prefer } : {}) }
  if (ask.method === 'GET') return search(ask)
  throw notAllowed(ask, ['GET', 'POST'])
}

/** `Patient/1/Observation`, `Patient/1/*`: https://hl7.org/fhir/R4/http.html#vsearch */
function compartmentLevel(
  ask: Ask,
  within: Compartment,
  third: string,
  fourth: string | undefined,
  isResourceType: (name: string) => boolean,
): Interaction {
  const posted = third === '_search' ? fourth === undefined : fourth === '_search'
  if (fourth !== undefined && !posted) throw unknownPath(ask)
  const type = third === '*' || third === '_search' ? undefined : third
  if (type !== undefined && !isResourceType(type)) throw unknownPath(ask)
  return only(ask, posted ? 'POST' : 'GET', { ...search(ask, type), within })
}

function typeLevel(ask: Ask, type: string): Interaction {
  if (ask.method === 'GET') return search(ask, type)
  if (ask.method === 'POST') {
    if (hasBytes(type) && ask.ifNoneExist !== undefined) {
      // Its bytes are streamed, and no lock is held while somebody sends them.
      throw new FhirError('unsupportedParameter', 'A Binary cannot be created on a condition.')
    }
    return { kind: 'create', type, ...(ask.ifNoneExist === undefined ? {} : { ifNoneExist: ask.ifNoneExist }) }
  }
  if (ask.method === 'PUT') return { kind: 'conditional-update', ...conditional(ask, type) }
  const patches = isPossible('conditional-patch', type)
  if (ask.method === 'PATCH' && patches) return { kind: 'conditional-patch', ...conditional(ask, type) }
  if (ask.method === 'DELETE') return { kind: 'conditional-delete', ...conditional(ask, type) }
  throw notAllowed(ask, ['GET', 'POST', 'PUT', ...(patches ? ['PATCH'] : []), 'DELETE'])
}

/** `PUT Patient?identifier=…`: https://hl7.org/fhir/R4/http.html#cond-update */
function conditional(ask: Ask, type: string) {
  const criteria = ask.query.toString()
  if (criteria === '') {
    throw new FhirError(
      'invalidQuery',
      `${ask.method} of ${type} needs the id of a resource, or criteria that find it.`,
    )
  }
  if (ask.method === 'PUT' && !isPossible('conditional-update', type)) {
    throw new FhirError('unsupportedParameter', 'A Binary cannot be updated on a condition.')
  }
  return { type, criteria, ...matched(ask) }
}

function matched({ ifMatch }: Ask) {
  if (ifMatch === undefined) return {}
  const tags = listed(ifMatch)
  const odd = tags.length === 0 ? ifMatch : tags.find((tag) => !entityTag.test(tag) && (tag !== '*' || tags.length > 1))
  if (odd === undefined) return { ifMatch: tags.map(versionOf) }
  throw new FhirError('malformed', `If-Match holds entity tags such as W/"3", or "*" alone; not ${odd.slice(0, 80)}.`)
}

/** "If-None-Match … goes before If-Modified-Since": https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 */
function known({ ifNoneMatch, ifModifiedSince }: Ask): { unless?: Known } {
  if (ifNoneMatch !== undefined) {
    const versions = listed(ifNoneMatch).map(versionOf)
    return { unless: { versions } }
  }
  return ifModifiedSince === undefined ? {} : { unless: { since: ifModifiedSince } }
}

/** "_summary" and "_elements" stand in the query of whatever answers resources; nothing else in that of a read is looked at. */
function form({ query }: Ask): { form?: URLSearchParams } {
  return query.has('_summary') || query.has('_elements') ? { form: query } : {}
}

function instanceLevel(ask: Ask, type: string, id: string): Interaction {
  const match = matched(ask)
  if (ask.method === 'GET') return { kind: 'read', type, id, ...known(ask), ...form(ask) }
  if (ask.method === 'PUT') {
    const absent = ask.ifNoneMatch?.trim() === '*' ? { ifNoneMatch: '*' as const } : {}
    return { kind: 'update', type, id, ...match, ...absent }
  }
  const patches = isPossible('patch', type)
  if (ask.method === 'PATCH' && patches) return { kind: 'patch', type, id, ...match }
  if (ask.method === 'DELETE') return { kind: 'delete', type, id, ...match }
  throw notAllowed(ask, ['GET', 'PUT', ...(patches ? ['PATCH'] : []), 'DELETE'])
}

function sent(ask: Ask): { sent?: string } {
  return ask.sent === undefined ? {} : { sent: ask.sent }
}

function search(ask: Ask, type?: string) {
  const asked = { query: ask.query, lenient: ask.lenient ?? false, ...sent(ask) }
  return type === undefined
    ? ({ kind: 'search-system', ...asked } as const)
    : ({ kind: 'search-type', type, ...asked } as const)
}

function operation(ask: Ask, name: string, type?: string, id?: string): Interaction {
  if (ask.method !== 'GET' && ask.method !== 'POST') throw notAllowed(ask, ['GET', 'POST'])
  return {
    kind: 'operation',
    method: ask.method,
    name: name.slice(1),
    query: ask.query,
    ...sent(ask),
    ...(type === undefined ? {} : { type }),
    ...(id === undefined ? {} : { id }),
  }
}

/** `W/"3"`; a version that is no number can never be current, so it is 0: https://hl7.org/fhir/R4/http.html#concurrency */
function versionOf(tag: string): number | '*' {
  if (tag === '*') return tag
  const match = /^(?:W\/)?"?([0-9]{1,9})"?$/.exec(tag)
  return match ? Number(match[1]) : 0
}

/** Quotes are forgotten often enough. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
const entityTag = /^(?:(?:W\/)?"[^"]*"|(?:W\/)?[0-9]{1,9})$/

/** "A recipient MUST parse and ignore a reasonable number of empty list elements": https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1 */
function listed(header: string): string[] {
  return header.split(',').flatMap((tag) => tag.trim() || [])
}

function only(ask: Ask, method: string, interaction: Interaction): Interaction {
  if (ask.method !== method) throw notAllowed(ask, [method])
  return interaction
}

function notAllowed(ask: Ask, allowed: string[]): FhirError {
  const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const text = `${ask.method} is not possible here; ${allowed.join(', ')} would be.`
  return new FhirError('methodNotAllowed', text, { allow })
}

function badId(ask: Ask, id: string): FhirError {
  const text = `"${id}" is not an id: 1 to 64 letters, digits, "-" and ".".`
  return new FhirError(ask.method === 'PUT' ? 'malformed' : 'notFound', text)
}

function unknownPath(ask: Ask): FhirError {
  return new FhirError('notFound', `Nothing is known at "${ask.path}".`)
}
