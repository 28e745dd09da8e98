import { FhirError } from '../../fhir/error.ts'
import { type Clause, none, or } from '../clause.ts'
import type { Field } from '../field.ts'
import { isFrequent } from '../key-economy.ts'
import { fits } from '../text.ts'
import { holding } from './search-type.ts'

/** A URL that lies deeper than this is none that anybody keeps resources below. */
const mostParents = 50

/** URNs have no hierarchy: "the :above and :below modifiers only apply to URLs, and not URNS such as OIDs". */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !isUrn(text)
}

/**
 * All that start with the URL. After a `|` the versions that are this one or lie below it, by the parts between dots: `|1.2` has
 * `|1.2` and `|1.2.5` below it, not `|1.20`.
 */
export function belowUrl(field: Field, url: string, starting: (start: string) => Clause = inRows(field)): Clause {
  if (isUrn(url)) return none
  if (!fits(url)) throw tooLong(field)
  if (!url.includes('|')) return starting(url)
  return or(holding(field, [field.keys.url(url)], frequency(field, url)), starting(`${url}.`))
}

function inRows({ keys }: Field): (start: string) => Clause {
  return (value) => ({ op: 'string', key: keys.side, match: 'starts', value })
}

/** All that the URL starts with, up to a slash; after a `|` the versions that this one lies below. */
export function aboveUrl(field: Field, url: string): Clause {
  if (!isUrl(url)) return none
  if (!fits(url) || url.split(url.includes('|') ? '.' : '/').length > mostParents) throw tooLong(field)
  return holding(field, parents(url).map(field.keys.url), frequency(field, url))
}

function tooLong({ parameter }: Field): FhirError {
  return new FhirError('invalidQuery', `The URL for ${parameter.code} is too long`)
}

function frequency({ parameter }: Field, url: string): { filter: boolean } {
  return { filter: isFrequent(parameter.code, url) }
}

function isUrn(text: string): boolean {
  return /^urn\b/i.test(text)
}

/** The URL itself, and what is left of it at each slash, with the slash and without. */
function parents(url: string): string[] {
  const [address = '', version] = url.split('|', 2)
  if (version !== undefined)
    return version.split('.').map((_, n, parts) => `${address}|${parts.slice(0, n + 1).join('.')}`)
  const found = [url]
  for (let end = url.lastIndexOf('/'); end > url.indexOf('://') + 2; end = url.lastIndexOf('/', end - 1)) {
    found.push(url.slice(0, end), url.slice(0, end + 1))
  }
  return [...new Set(found)]
}
