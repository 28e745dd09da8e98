import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { referencesIn } from './elements.ts'
import type { Principal } from './principal.ts'

/** The elements by which R4 says whose resource it is. */
const subjectElements = ['subject', 'patient', 'for', 'beneficiary', 'individual']

interface Parts {
  definitions: Pick<Definitions, 'compartmentParameters' | 'searchParameter'>
  base: string
}

/**
 * Whose resource it is: a literal reference to a resource of this server, which never changes once it is stored. What is
 * contained or named by identifier alone gives no access.
 */
export function judgeSubject(
  principal: Principal,
  before: Resource | undefined,
  after: Resource,
  { definitions, base }: Parts,
): void {
  const type = after.resourceType
  const inCompartment = definitions.compartmentParameters('Patient', type).length > 0 || type === 'Task'
  if (!inCompartment) return
  for (const { reference, path } of subjectElements.flatMap((element) => referencesIn(after, element))) {
    if (localReference(reference.reference ?? '', base)) continue
    const text = `${path} must be a literal reference to a resource of this server, such as "Patient/1".`
    throw new FhirError('invalid', text, { expression: path })
  }
  if (before) judgeUnchanged(before, after, { definitions, base })
  if (principal.person?.type === 'Patient' && !before) judgeOwn(principal, after, { definitions, base })
}

function judgeUnchanged(before: Resource, after: Resource, parts: Parts): void {
  const element = subjectElements.find(
    (name) => namesIn(before, name, parts.base).join() !== namesIn(after, name, parts.base).join(),
  )
  const expression = element ? `${after.resourceType}.${element}` : after.resourceType
  if (!element && patientsOf(before, parts).join() === patientsOf(after, parts).join()) return
  const text = 'The subject of a stored resource is changed by an administrator alone.'
  throw new FhirError('forbidden', text, { expression })
}

/** A patient writes about nobody else. */
function judgeOwn({ person }: Principal, after: Resource, parts: Parts): void {
  const self = `Patient/${person!.id}`
  const subjects = subjectElements.flatMap((element) => referencesIn(after, element))
  const stranger = subjects.find(({ reference }) => nameOf(reference, parts.base) !== self)
  const silent = subjects.length === 0 && after.resourceType !== 'Communication'
  if (!stranger && !silent) return
  const expression = stranger?.path ?? after.resourceType
  throw new FhirError('forbidden', 'You may write about yourself alone.', { expression })
}

/** The patients by whom the row is found, wherever the type holds them (participants, members, …). */
function patientsOf(resource: Resource, { definitions, base }: Parts): string[] {
  const values = definitions.searchParameter(resource.resourceType, 'patient')?.values(resource) ?? []
  return values.map(({ value }) => nameOf(value as Reference, base)).sort()
}

function namesIn(resource: Resource, element: string, base: string): string[] {
  return referencesIn(resource, element).map(({ reference }) => nameOf(reference, base))
}

function nameOf(reference: Reference, base: string): string {
  const local = localReference(reference.reference ?? '', base)
  return local ? `${local.type}/${local.id}` : JSON.stringify(reference)
}
