/** `_list`: what a List names. https://hl7.org/fhir/R4/search.html#list */
import { FhirError } from '../../fhir/error.ts'
import { isId } from '../../fhir/resource.ts'
import { type Clause, or } from '../clause.ts'
import type { Fields } from '../field.ts'
import type { Keys } from '../keys.ts'
import type { createLinks } from '../links.ts'
import { split, unescape } from '../types/escapes.ts'

interface Parts {
  keys: Keys
  fields: Fields
  linksTo: ReturnType<typeof createLinks>
}

const listType = 'List'
const mostLists = 1_000

/** "by id, not a full URL". The List is one that the caller may see, as in any reverse chain. */
export function createList({ keys, fields, linksTo }: Parts) {
  return function list(type: string, value: string): Clause {
    const ids = split(value, ',').map(unescape)
    if (ids.length > mostLists)
      throw new FhirError('invalidQuery', `_list has ${ids.length} values; the most is ${mostLists}`)
    for (const id of ids) {
      if (id.startsWith('$'))
        throw new FhirError('unsupportedParameter', `The functional list "${id}" is not supported.`)
      if (!isId(id)) throw new FhirError('invalidQuery', `_list is the id of a List, not "${id}"`)
    }
    const where: Clause = { op: 'rid', any: ids.map((id) => keys.ridOf(listType, id)) }
    const items = linksTo(fields.of(listType, 'item')!, type)
    return or(...items.map((link): Clause => ({ op: 'has', source: listType, where, ...link })))
  }
}
