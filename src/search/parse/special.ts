import type { Clause } from '../clause.ts'
import type { Walk } from './walk.ts'

/** A parameter that no resource type defines, and that every type has: https://hl7.org/fhir/R4/search.html#all */
export interface SpecialParameter {
  readonly code: string
  /** As the CapabilityStatement names it. */
  readonly type: 'string' | 'special'
  /** For people who read the CapabilityStatement. */
  readonly documentation?: string
  /** The rows of a type that one value means, still escaped. Throws FhirError. */
  clause(type: string, value: string, walk: Walk): Clause
}
