import type { SearchParameter } from '../../definitions/definitions.ts'
import { createDate } from './date.ts'
import { number } from './number.ts'
import { quantity } from './quantity.ts'
import { createReference } from './reference.ts'
import type { SearchType } from './search-type.ts'
import { string } from './string.ts'
import { token } from './token.ts'
import { uri } from './uri.ts'

export type SearchTypes = ReturnType<typeof createSearchTypes>

type Parts = Parameters<typeof createReference>[0] & {
  now: () => number
}

/** The types of search parameters that are indexed and matched. */
export function createSearchTypes({ now, ...parts }: Parts) {
  const date = createDate(now)
  const reference = createReference(parts)
  const types: Partial<Record<SearchParameter['type'], SearchType>> = {
    number,
    date,
    string,
    token,
    reference,
    quantity,
    uri,
  }

  /** Undefined for what is not indexed yet: composites, special parameters, and texts without an expression. */
  function typeOf(parameter: SearchParameter): SearchType | undefined {
    return parameter.expression === '' || parameter.expression === undefined ? undefined : types[parameter.type]
  }

  return { date, reference, typeOf }
}
