/** `_sort`: search parameters in order of priority, `-` for descending. https://hl7.org/fhir/R4/search.html#sort */
import { FhirError } from '../../fhir/error.ts'
import { dateColumnOf, hasDateColumn } from '../date-column.ts'
import type { Fields } from '../field.ts'
import type { SortKey } from '../request.ts'
import type { SearchTypes } from '../types/table.ts'

/** Each is a join of its own. */
const mostKeys = 10

export function createSort({ fields, types }: { fields: Fields; types: SearchTypes }) {
  function sortKey(type: string, code: string, descending: boolean): SortKey | undefined {
    if (code === '_id') return { by: 'id', descending }
    if (code === '_lastUpdated') return { by: 'lastUpdated', descending }
    const field = fields.of(type, code)
    if (!field || !types.typeOf(field.parameter)) return undefined
    // Other packages' dates have no column to sort by.
    if (field.parameter.type === 'date' && !hasDateColumn(field.parameter)) return undefined
    if (field.parameter.type === 'date') return { by: 'date', column: dateColumnOf(code), descending }
    if (field.parameter.type === 'string') return { by: 'string', key: field.keys.side, descending }
    return undefined
  }

  return function sort(type: string, value: string): SortKey[] {
    const items = value.split(',')
    if (items.length > mostKeys) throw new FhirError('invalidQuery', `_sort takes ${mostKeys} keys at most`)
    return items.map((item) => {
      const descending = item.startsWith('-')
      const code = descending ? item.slice(1) : item
      const key = sortKey(type, code, descending)
      if (key) return key
      const known = fields
        .all(type)
        .map(({ parameter }) => parameter.code)
        .filter((one) => sortKey(type, one, false))
      throw new FhirError('unsupportedParameter', `${type} cannot be sorted by "${code}", but by ${known.join(', ')}.`)
    })
  }
}
