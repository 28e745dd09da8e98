/** A URI, letter by letter; `:below` those that start with it, `:above` those that it starts with. https://hl7.org/fhir/R4/search.html#uri */
import { FhirError } from '../../fhir/error.ts'
import { none } from '../clause.ts'
import type { Field } from '../field.ts'
import { isFrequent } from '../key-economy.ts'
import { unescape } from './escapes.ts'
import { holding, type SearchType } from './search-type.ts'
import { cut, fits } from '../text.ts'

export const uri: SearchType = {
  modifiers: (field) => (hasHierarchy(field) ? ['below', 'above'] : []),

  extract(field, values, index) {
    for (const { value } of values) {
      if (typeof value !== 'string') continue
      for (const url of new Set([value, value.split('|', 1)[0]!])) {
        index.key(field, field.keys.url(url), isFrequent(field.parameter.code, url))
        if (hasHierarchy(field) && isUrl(url)) index.string(field.keys.side, cut(url))
      }
    }
  },

  match(field, value, modifier) {
    const url = unescape(value)
    if (modifier === 'below') {
      // "the :above and :below modifiers only apply to URLs, and not URNS such as OIDs"
      if (/^urn\b/i.test(url)) return none
      if (!fits(url)) throw new FhirError('invalidQuery', `The URL for ${field.parameter.code} is too long`)
      return { op: 'string', key: field.keys.side, match: 'starts', value: url }
    }
    if (modifier === 'above') return isUrl(url) ? holding(field, parents(url).map(field.keys.url)) : none
    const filter = isFrequent(field.parameter.code, url)
    return holding(field, [field.keys.url(url)], { filter, selective: !filter })
  },
}

/** Not for what every resource has (`_profile`, `_source`): a side row for each would cost more than all else. */
function hasHierarchy({ parameter }: Field): boolean {
  return !parameter.code.startsWith('_')
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^urn:/i.test(text)
}

/** The URL itself, and what is left of it at each slash, with the slash and without. */
function parents(url: string): string[] {
  const found = [url]
  for (let end = url.lastIndexOf('/'); end > url.indexOf('://') + 2; end = url.lastIndexOf('/', end - 1)) {
    found.push(url.slice(0, end), url.slice(0, end + 1))
  }
  return [...new Set(found)]
}
