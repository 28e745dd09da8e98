/** `_sort`: search parameters in order of priority, `-` for descending. https://hl7.org/fhir/R4/search.html#sort */
import type { TypedValue } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import { dateColumnOf, hasDateColumn } from '../date-column.ts'
import type { Field, Fields } from '../field.ts'
import type { SortKey } from '../request.ts'
import type { SearchTypes } from '../types/table.ts'
import { tokensOf } from '../types/token.ts'

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
    const key = field.keys.side
    switch (field.parameter.type) {
      case 'date':
        // Of several, the earliest and the latest stand in the columns: one orders upwards, and each period downwards.
        return field.parameter.repeats && descending
          ? { by: 'period', key, descending }
          : { by: 'date', column: dateColumnOf(code), descending }
      case 'string':
        return { by: 'string', key, descending }
      case 'number':
      case 'quantity':
        return { by: 'number', key, descending }
      case 'token':
      case 'reference':
      case 'uri':
        return { by: 'content', texts: textsOf(field), descending }
      default:
        return undefined
    }
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

function textsOf({ parameter }: Field): (json: string) => string[] {
  const ofType = parameter.type === 'token' ? codes : links
  return (json) => parameter.values(parseJson(json) as Resource).flatMap(ofType)
}

function codes(value: TypedValue): string[] {
  return tokensOf(value).flatMap(({ code }) => code ?? [])
}

function links({ value }: TypedValue): string[] {
  const text = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
  return typeof text === 'string' ? [text] : []
}
