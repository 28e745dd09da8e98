/** Text, by its beginning; `:contains` anywhere, `:exact` letter by letter. https://hl7.org/fhir/R4/search.html#string */
import type { TypedValue } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { and } from '../clause.ts'
import type { Field } from '../field.ts'
import { unescape } from './escapes.ts'
import { holding, type SearchType } from './search-type.ts'
import { cut, fits, normalized } from '../text.ts'

export const string: SearchType = {
  modifiers: () => ['exact', 'contains'],

  extract(field, values, index) {
    for (const found of values.flatMap((value) => textsOf(field, value))) {
      index.key(field, field.keys.value('exact', found.text), true)
      for (const start of startsOf(found)) {
        const value = cut(normalized(start))
        if (value !== '') index.string(field.keys.side, value)
      }
    }
  },

  match(field, value, modifier) {
    const asked = unescape(value)
    const text = normalized(asked)
    const { side: key } = field.keys
    if (modifier === 'exact') {
      const exact = holding(field, [field.keys.value('exact', asked)], { filter: true })
      return text === '' ? exact : and({ op: 'string', key, match: 'equals', value: cut(text) }, exact)
    }
    if (text === '') {
      throw new FhirError('invalidQuery', `"${value}" holds nothing that ${field.parameter.code} could be searched by`)
    }
    if (!fits(text))
      throw new FhirError('invalidQuery', `The text for ${field.parameter.code} is too long to search by`)
    return { op: 'string', key, match: matches.get(modifier) ?? 'starts', value: text }
  },
}

/** `equals` and `ends` are asked by filters alone. */
const matches = new Map<string | undefined, 'contains' | 'equals' | 'ends'>([
  ['contains', 'contains'],
  ['equals', 'equals'],
  ['ends', 'ends'],
])

/** Names have no more parts than that; a text with thousands would be indexed as often as it is long. */
const mostParts = 20
const longestPart = 4_000

const nameParts = ['text', 'family', 'given', 'prefix', 'suffix']
const addressParts = ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country']

interface Text {
  readonly text: string
  readonly isFamily: boolean
}

/** "When a string search parameter refers to the types HumanName and Address, the search covers the elements of type string". */
function textsOf({ parameter }: Field, { type, value }: TypedValue): Text[] {
  if (typeof value === 'string') return [{ text: value, isFamily: /\.family\b/.test(parameter.expression) }]
  if (typeof value !== 'object' || value === null) return []
  const parts = type === 'HumanName' ? nameParts : type === 'Address' ? addressParts : ['text', 'value', 'display']
  return parts.flatMap((part) => {
    const element = (value as Record<string, unknown>)[part]
    const texts: unknown[] = Array.isArray(element) ? element : [element]
    return texts.filter((text) => typeof text === 'string').map((text) => ({ text, isFamily: part === 'family' }))
  })
}

/**
 * "For robust search, servers should search the parts of a family name independently. E.g. searching either "Carreno" or
 * "Quinones" should match a family name of "Carreno Quinones"."
 */
function startsOf({ text, isFamily }: Text): string[] {
  if (!isFamily) return [text]
  const words: string[] = []
  for (const { index, 0: gap } of text.matchAll(/[\s-]+(?=\S)/g)) {
    const start = index + gap.length
    words.push(text.slice(start, start + longestPart))
    if (words.length === mostParts) break
  }
  return [text, ...words]
}
