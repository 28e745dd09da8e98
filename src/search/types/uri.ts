/** A URI, letter by letter; `:below` those that start with it, `:above` those that it starts with. https://hl7.org/fhir/R4/search.html#uri */
import type { Clause } from '../clause.ts'
import type { Field } from '../field.ts'
import { isFrequent } from '../key-economy.ts'
import { cut } from '../text.ts'
import { unescape } from './escapes.ts'
import { holding, type SearchType } from './search-type.ts'
import { aboveUrl, belowUrl, isUrl } from './url.ts'

export const uri: SearchType = {
  modifiers: () => ['below', 'above'],

  later: (field) => (hasRows(field) ? [] : ['below']),

  extract(field, values, index) {
    for (const { value } of values) {
      if (typeof value !== 'string') continue
      for (const url of new Set([value, value.split('|', 1)[0]!])) {
        index.key(field, field.keys.url(url), isFrequent(field.parameter.code, url))
        if (!isUrl(url)) continue
        if (hasRows(field)) index.string(field.keys.side, cut(url))
        else index.text(field.keys.urlEntry(url), lexeme(url))
      }
    }
  },

  match(field, value, modifier) {
    const url = unescape(value)
    if (modifier === 'below') return hasRows(field) ? belowUrl(field, url) : belowUrl(field, url, inLexicon(field))
    if (modifier === 'above') return aboveUrl(field, url)
    const filter = isFrequent(field.parameter.code, url)
    return holding(field, [field.keys.url(url)], { filter, selective: !filter })
  },
}

/** What every resource has (`_profile`, `_source`) stands in the lexicon: a row for each would cost more than all else. */
function hasRows({ parameter }: Field): boolean {
  return !parameter.code.startsWith('_')
}

function inLexicon({ parameter, keys }: Field): (start: string) => Clause {
  const filter = isFrequent(parameter.code, '')
  return (start) => ({ op: 'text', salt: keys.urlSalt, starts: lexeme(start), filter })
}

/** Apart from all words, which hold no punctuation. */
function lexeme(url: string): string {
  return cut(`<${url}`)
}
