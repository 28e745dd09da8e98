/** A number, with the precision of its digits. https://hl7.org/fhir/R4/search.html#number */
import { numberOf } from '../../fhir/json.ts'
import { unescape } from './escapes.ts'
import { askedNumber, numberClause } from './decimal.ts'
import { rangeOf } from './range.ts'
import type { SearchType } from './search-type.ts'

export const number: SearchType = {
  modifiers: () => [],

  extract(field, values, index) {
    for (const { type, value } of values) {
      const point = numberOf(value)
      const range = point === undefined ? rangeOf(type, value) : ([point, point] as const)
      if (range) index.number(field.keys.side, ...range)
    }
  },

  match(field, value) {
    return numberClause(field.keys.side, askedNumber(unescape(value), field.parameter.code))
  },
}
