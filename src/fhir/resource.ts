/** A resource as it came from JSON: decimals that a double would change are `Decimal` values (see json.ts). */
export interface Resource {
  resourceType: string
  id?: string
  meta?: Meta
  [element: string]: unknown
}

export interface Meta {
  versionId?: string
  lastUpdated?: string
  profile?: string[]
  security?: Coding[]
  tag?: Coding[]
  [element: string]: unknown
}

export interface Coding {
  system?: string
  version?: string
  code?: string
  display?: string
  [element: string]: unknown
}

export interface Reference {
  reference?: string
  type?: string
  identifier?: { system?: string; value?: string }
  display?: string
  [element: string]: unknown
}

/** https://hl7.org/fhir/R4/datatypes.html#id */
export function isId(value: string): boolean {
  return /^[A-Za-z0-9\-.]{1,64}$/.test(value)
}
