/**
 * What stands in the server while scopes are tried, and what is true of each resource, written down by hand: who may do what
 * with it, in whose compartment it stands, and which `param=value` it meets. Nothing here asks the code under test.
 */
export type Role = 'office' | 'doctor' | 'patient' | 'proxy' | 'system'

/** The patient of the launch context of each role; a backend service has none. */
export const launchedFor: Readonly<Record<Role, string | undefined>> = {
  office: 'Patient/treated',
  doctor: 'Patient/treated',
  patient: 'Patient/self',
  proxy: 'Patient/self',
  system: undefined,
}

export interface Row {
  readonly name: string
  readonly type: string
  /** Undefined: it is uploaded by `uploader` before the tests. */
  readonly resource:
    { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown } | undefined
  /** r read, s search, u update, d delete: what each role may do, scopes aside. */
  readonly may: Readonly<Record<Role, string>>
  /** The patients in whose compartment it stands; `everywhere` is looked up in every context, and never written in one. */
  readonly of: readonly string[]
  /** The patients whose compartment, as R4 defines it, has it as well, though it is no part of their record. */
  readonly linkingTo?: readonly string[]
  readonly meets: readonly string[]
  /** Of a Binary: the document that owns it. */
  readonly document?: string
  readonly uploader?: Role
}

export const to = (reference: string) => ({ reference })
export const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] })
export const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
}

export const systems = {
  observation: 'http://terminology.hl7.org/CodeSystem/observation-category',
  document: 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category',
}

export const inCategory = (system: string, code: string) => ({ category: [{ coding: [{ system, code }] }] })
export const meetsCategory = (system: string, code: string) => [`category=${code}`, `category=${system}|${code}`]

export interface Facts {
  office?: string
  /** As the office, unless it is said. */
  system?: string
  doctor?: string
  patient?: string
  proxy?: string
  of?: readonly string[]
  meets?: readonly string[]
}

export function row(name: string, elements: object, facts: Facts): Row {
  const [resourceType, id] = name.split('/') as [string, string]
  const { office = 'rsud', system = office, doctor = '', patient = '', proxy = '', of = [], meets = [] } = facts
  return {
    ...{ name, type: resourceType, of: of.map((one) => (one === 'everywhere' ? one : `Patient/${one}`)), meets },
    ...{ resource: { resourceType, id, ...elements }, may: { office, system, doctor, patient, proxy } },
  }
}
