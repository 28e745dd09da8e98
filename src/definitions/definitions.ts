import type { Issue } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { FoundText } from './find-texts.ts'
import type { Terminology } from './terminology.ts'

/** What the loaded FHIR packages say. Built once at boot by `loadDefinitions` (load.ts); immutable afterwards. */
export interface Definitions {
  /** Changes when a search parameter changes; stored with the index to tell when a reindex is due. */
  readonly searchDigest: string
  /** Every R4 resource type that has an endpoint (not Resource, DomainResource, Parameters, OperationOutcome), sorted. */
  readonly resourceTypes: readonly string[]
  isResourceType(name: string): boolean
  /** Parameters of a type incl. those of Resource and DomainResource (`_id`, `_lastUpdated`, …); undefined when unknown. */
  searchParameter(resourceType: string, code: string): SearchParameter | undefined
  searchParameters(resourceType: string): readonly SearchParameter[]
  /** The codes of the search parameters that put a resource of this type into the compartment; none: outside it. */
  compartmentParameters(compartment: CompartmentCode, resourceType: string): readonly string[]
  /** What is wrong with a resource by its type and its profiles, and for those who ask what could be better. Locations are FHIRPaths. */
  validate(resource: unknown, options?: ValidateOptions): Issue[]
  /** What JSON would hold, not yet validated. Throws FhirError for what is not FHIR's XML, with the FHIRPath. */
  readXml(text: string): unknown
  /** A valid resource as XML; `indent`: blanks per level. */
  writeXml(resource: unknown, indent?: number): string
  /** The resource as the operations of a FHIRPath Patch (Parameters) leave it; see fhirpath-patch.ts. */
  fhirPathPatch(resource: Resource, parameters: Resource): Promise<Resource>
  /** Every `reference` found anywhere in the resource (contained ones excluded) with its path and allowed target types. */
  references(resource: Resource): FoundReference[]
  /** Every Attachment and where it stands, e.g. `DocumentReference.content[0].attachment`. */
  attachments(resource: Resource): FoundAttachment[]
  /** Every text that a person wrote or reads, narratives and contained resources included; no codes, ids, URLs or data. */
  texts(resource: Resource): FoundText[]
  /** The canonical URLs of the profiles of a type that the packages beside R4 bring. */
  profiles(resourceType: string): readonly string[]
  readonly terminology: Terminology
  /** What `_summary=true` leaves of a resource. */
  summary(resource: Resource): Resource
  /** The elements with minimum cardinality 1 at the top level, kept by `_elements` and `_summary=text`. */
  mandatoryElements(resourceType: string): readonly string[]
}

export interface ValidateOptions {
  /** Canonical URLs of profiles that the resource is to follow, besides those that it names itself. */
  readonly profiles?: readonly string[]
  /** Warnings are wanted as well: recommendations, and codes outside of extensible bindings. */
  readonly advises?: boolean
}

/** https://hl7.org/fhir/R4/compartmentdefinition.html */
export const compartmentCodes = ['Patient', 'Practitioner', 'Encounter', 'RelatedPerson', 'Device'] as const

export type CompartmentCode = (typeof compartmentCodes)[number]

export type SearchParameterType =
  'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special'

export interface SearchParameter {
  readonly code: string
  readonly url: string
  readonly type: SearchParameterType
  /** What the definition calls it, where that is not what it can be found by: `_text` is a string without an expression. */
  readonly declaredType: SearchParameterType
  /** Target types of a reference parameter; empty for the others. */
  readonly targets: readonly string[]
  readonly expression: string
  /** Everything in the definition that decides which values a resource is found by. */
  readonly definition: string
  /** Whether a resource may hold more than one value (then dates go to the side table as well). */
  readonly repeats: boolean
  /** The FHIR types that the values can have, e.g. `['dateTime', 'Period']`; undefined when it cannot be told beforehand. */
  readonly valueTypes: readonly string[] | undefined
  /** Where the values stand in the resource, e.g. `valueQuantity:Quantity`; undefined when more than a path finds them. */
  readonly paths: readonly string[] | undefined
  /** For composites, whose `values` are the elements that hold their components together. */
  readonly components: readonly SearchComponent[]
  /** The types of a composite's elements. */
  readonly elements: readonly string[]
  /** The values of this parameter in a resource, by a compiled path walker or by FHIRPath. */
  values(resource: Resource): TypedValue[]
}

export interface SearchComponent {
  /** The canonical URL of the search parameter that the component stands for, and that parameter's type. */
  readonly definition: string
  readonly type: SearchParameterType
  readonly expression: string
  /** As for a parameter, within elements of this type. */
  pathsIn(elementType: string): readonly string[] | undefined
  /** The component's values in one of the composite's elements. */
  values(element: TypedValue, resource: Resource): TypedValue[]
}

/** A value and its FHIR type, as `{ type: 'CodeableConcept', value: {…} }`; primitives keep their JSON form. */
export interface TypedValue {
  readonly type: string
  readonly value: unknown
  /** Of a `code`: the system that its value set implies, where there is exactly one. */
  readonly system?: string
}

export interface FoundReference {
  readonly path: string
  readonly reference: { reference?: string; identifier?: unknown; type?: string }
  readonly targets: readonly string[]
}

export interface FoundAttachment {
  readonly path: string
  readonly attachment: { contentType?: string; data?: string; url?: string; size?: unknown; hash?: string }
}
