import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { IndexValues } from '../search/index-values.ts'
import { authorship } from './authorship.ts'
import { labelsOf } from './labels.ts'
import { datingColumn, type PartDefinitions, relatingParameters } from './record-parts.ts'

/** What a Consent can ask of a resource; names are like `Encounter/1`. */
export interface Facts {
  readonly type: string
  readonly name: string
  readonly patient: string | undefined
  readonly labels: number
  readonly authors: readonly string[]
  readonly belongsTo: readonly string[]
  /** When the data is from, [from, to) in epoch ms. */
  readonly from: number
  readonly to: number
}

interface Parts {
  definitions: PartDefinitions
  extract: (resource: Resource, id: string) => IndexValues
  base: string
}

/** Reads them from a stored resource. */
export function createFacts({ definitions, extract, base }: Parts) {
  return function factsOf(resource: Resource): Facts {
    const { resourceType: type, id = '' } = resource
    const names = (codes: readonly string[]) =>
      codes.flatMap((code) =>
        (definitions.searchParameter(type, code)?.values(resource) ?? []).flatMap(({ value }) => {
          const target = localReference((value as Reference).reference ?? '', base)
          return target ? [`${target.type}/${target.id}`] : []
        }),
      )
    const name = `${type}/${id}`
    const patients = type === 'Patient' ? [name] : [...new Set(names(['patient']))]
    const dated = datingColumn(definitions, type)
    const period = extract(resource, id).dates[dated ?? '']
    const written = Date.parse(String(resource.meta?.lastUpdated))
    return {
      ...{ type, name, labels: labelsOf(resource) },
      patient: patients.length === 1 ? patients[0] : undefined,
      authors: names(authorship(definitions, type)),
      belongsTo: [name, ...names(relatingParameters(definitions, type))],
      from: period?.[0] ?? written,
      to: period?.[1] ?? written + 1,
    }
  }
}
