import { stringifyJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'

export interface Parameter {
  readonly name: string
  readonly resource?: Resource
  readonly part?: readonly Parameter[]
  readonly [value: `value${string}`]: unknown
}

/** The text of a Parameters resource: what an operation answers. https://hl7.org/fhir/R4/parameters.html */
export function parametersText(...parameter: Parameter[]): string {
  return stringifyJson({ resourceType: 'Parameters', parameter })
}
