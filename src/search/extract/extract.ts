import type { Resource } from '../../fhir/resource.ts'
import { localReference } from '../../fhir/reference.ts'
import type { Field, Fields } from '../field.ts'
import type { IndexValues } from '../index-values.ts'
import type { Keys, Rid } from '../keys.ts'
import { subjectType } from '../subject.ts'
import type { SearchType } from '../types/search-type.ts'
import type { SearchTypes } from '../types/table.ts'
import { createContained } from './contained.ts'
import { createIndexBuilder } from './index-builder.ts'

interface Parts {
  keys: Keys
  fields: Fields
  types: SearchTypes
  base: string
  /** The mask of a resource's security labels. */
  labels: (resource: Resource) => number
}

/** What the index will hold about one version of a resource. Pure: the same resource gives the same values. */
export function createExtract({ keys, fields, types, base, labels }: Parts) {
  const indexed = new Map<string, readonly (readonly [Field, SearchType])[]>()

  function indexedFields(type: string): readonly (readonly [Field, SearchType])[] {
    const known = indexed.get(type)
    if (known) return known
    const fresh = fields.all(type).flatMap((field) => {
      const { code } = field.parameter
      if (field.indexedAs !== code) return []
      const searchType = types.typeOf(field.parameter)
      return searchType && code !== '_id' && code !== '_lastUpdated' ? [[field, searchType] as const] : []
    })
    indexed.set(type, fresh)
    return fresh
  }

  const indexContained = createContained({ keys, fields, indexedFields })

  function patientOf(resource: Resource, id: string): Rid | null {
    const type = resource.resourceType
    if (type === subjectType) return keys.ridOf(type, id)
    const source = indexedFields(type).find(([{ subject, parameter }]) => subject?.code === parameter.code)
    const patients = new Set<Rid>()
    for (const { value } of source?.[0].parameter.values(resource) ?? []) {
      const text = (value as { reference?: unknown } | null)?.reference
      const local = typeof text === 'string' ? localReference(text, base) : undefined
      if (local?.type === subjectType) patients.add(keys.ridOf(subjectType, local.id))
    }
    const [only = null, ...others] = patients
    return others.length > 0 ? null : only
  }

  return function extract(resource: Resource, id: string, { isNew = false } = {}): IndexValues {
    const index = createIndexBuilder(patientOf(resource, id), isNew)
    for (const [field, searchType] of indexedFields(resource.resourceType)) {
      const values = searchType.values?.(field, resource) ?? field.parameter.values(resource)
      if (values.length === 0) continue
      if (!searchType.absence) index.present(field)
      searchType.extract(field, values, index, resource)
      indexContained(field, values, resource, index)
    }
    return index.done(labels(resource))
  }
}
