import type { TypedValue } from '../../definitions/definitions.ts'
import type { Resource } from '../../fhir/resource.ts'
import { containedKey, isOfContained } from '../contained.ts'
import type { Field, Fields } from '../field.ts'
import type { Keys } from '../keys.ts'
import type { IndexBuilder, SearchType } from '../types/search-type.ts'

interface Parts {
  keys: Keys
  fields: Pick<Fields, 'contained'>
  indexedFields: (type: string) => readonly (readonly [Field, SearchType])[]
}

/**
 * "By default, search results only include resources that are not contained in other resources. A chained condition will be
 * evaluated inside contained resources": what is found by `medication.code` stands with the container, by names of its own.
 *
 * https://hl7.org/fhir/R4/search.html#contained
 */
export function createContained({ keys, fields, indexedFields }: Parts) {
  function indexInner(field: Field, inner: Resource, index: IndexBuilder): void {
    index.filter(containedKey(keys, field, inner.resourceType))
    for (const [of, searchType] of indexedFields(inner.resourceType)) {
      const values = isOfContained(of) ? of.parameter.values(inner) : []
      if (values.length === 0) continue
      const within = fields.contained(field, of)
      index.present(within)
      searchType.extract(within, values, index, inner)
    }
  }

  return function indexContained(
    field: Field,
    values: readonly TypedValue[],
    { contained }: Resource & { contained?: unknown },
    index: IndexBuilder,
  ): void {
    if (field.parameter.type !== 'reference' || !Array.isArray(contained)) return
    const ids = new Set(values.flatMap(fragmentOf))
    for (const inner of contained as Resource[]) {
      if (inner.id !== undefined && ids.has(inner.id) && field.targets.includes(inner.resourceType)) {
        indexInner(field, inner, index)
      }
    }
  }
}

/** The id behind the "#". */
function fragmentOf({ value }: TypedValue): string[] {
  const text = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
  return typeof text === 'string' && text.startsWith('#') ? [text.slice(1)] : []
}
