import type { SearchParameter } from '../../definitions/definitions.ts'
import { createComposite } from './composite.ts'
import { createDate } from './date.ts'
import { createFullText } from './full-text.ts'
import { createMembership } from './membership.ts'
import { number } from './number.ts'
import { position } from './position.ts'
import { quantity } from './quantity.ts'
import { createReference } from './reference.ts'
import type { Fields } from '../field.ts'
import type { SearchType } from './search-type.ts'
import { string } from './string.ts'
import { createToken } from './token.ts'
import { uri } from './uri.ts'

export type SearchTypes = ReturnType<typeof createSearchTypes>

type Parts = Parameters<typeof createReference>[0] & {
  fields: Fields
  now: () => number
}

/** The types of search parameters that are indexed and matched. */
export function createSearchTypes({ now, fields, ...parts }: Parts) {
  const date = createDate(now)
  const reference = createReference(parts)
  const fullText = createFullText(parts.definitions)
  const types: Partial<Record<SearchParameter['type'], SearchType>> = {
    number,
    date,
    string,
    token: createToken(createMembership(parts.definitions.terminology)),
    reference,
    quantity,
    uri,
    special: position,
    composite: createComposite({ keys: parts.keys, fields, typeOf }),
  }

  /** Undefined for what has no values of its own to be found by, such as `_query`. */
  function typeOf(parameter: Pick<SearchParameter, 'type' | 'expression' | 'url'>): SearchType | undefined {
    if (parameter.expression === '' || parameter.expression === undefined) return fullText.get(parameter.url)
    return types[parameter.type]
  }

  return { date, reference, typeOf }
}
