/** Words in the narrative (`_text`) or anywhere in a resource (`_content`). https://hl7.org/fhir/R4/search.html#content */
import type { Definitions, TypedValue } from '../../definitions/definitions.ts'
import type { Resource } from '../../fhir/resource.ts'
import { not } from '../clause.ts'
import { mostText, wordVector } from '../word-vector.ts'
import { textOfMarkup } from '../words.ts'
import { unescape } from './escapes.ts'
import type { SearchType } from './search-type.ts'
import { parsedWords } from './word-query.ts'

const standard = 'http://hl7.org/fhir/SearchParameter/'

/** By the URLs of the parameters, which have no expression. */
export function createFullText(definitions: Definitions): ReadonlyMap<string, SearchType> {
  return new Map([
    [`${standard}DomainResource-text`, searching(narrativeOf)],
    [`${standard}Resource-content`, searching((resource) => definitions.texts(resource))],
  ])
}

type Text = ReturnType<Definitions['texts']>[number]

function searching(textsOf: (resource: Resource) => readonly Text[]): SearchType {
  return {
    modifiers: () => [],

    values: (_, resource) =>
      textsOf(resource).map(({ text, isMarkup }) => ({ type: isMarkup ? 'xhtml' : 'string', value: text })),

    extract(field, values, index) {
      const vector = wordVector(field.keys.side, cutTexts(values))
      if (vector !== undefined) index.words(field.keys.side, vector)
    },

    match: ({ parameter, keys }, value) => {
      return { op: 'words', key: keys.side, asked: parsedWords(parameter.code, unescape(value)) }
    },

    absence: ({ keys }) => not({ op: 'words', key: keys.side, asked: undefined }),
  }
}

/** "The _text parameter performs text searches on the narrative of the resource". */
function narrativeOf(resource: Resource): readonly Text[] {
  const { div } = (resource['text'] ?? {}) as { div?: unknown }
  return typeof div === 'string' ? [{ text: div, isMarkup: true }] : []
}

function* cutTexts(values: readonly TypedValue[]): Generator<string> {
  let left = mostText
  for (const { type, value } of values) {
    if (left <= 0) return
    const text = (value as string).slice(0, left)
    left -= text.length
    yield type === 'xhtml' ? textOfMarkup(text) : text
  }
}
