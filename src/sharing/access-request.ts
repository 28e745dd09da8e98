import { hasCode } from '../access/elements.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { CodeableConcept } from './codes.ts'

/**
 * How an access request is read. Who asks by an identifier, because he may not see the patient, holds a Task that never
 * names one; a second Task, `basedOn` the first, names the patient and who decides, and is not for him to see.
 */

/** An entry of `Task.input` or `Task.output`; its value is under `valueReference` and the like. */
export type Parameter = { readonly type?: CodeableConcept } & Readonly<Record<string, unknown>>

const openDays = 7

export function isAccessRequest(task: Resource | undefined): boolean {
  return hasCode(task?.['code'], 'access-request')
}

export function parametersOf(task: Resource, element: 'input' | 'output', code: string): Parameter[] {
  const all = (task[element] ?? []) as Parameter[]
  return all.filter(({ type }) => hasCode(type, code))
}

/** The second Task, by which the first one is routed. */
export function isRouting(task: Resource): boolean {
  return task['basedOn'] !== undefined
}

export function asksByIdentifier(task: Resource): boolean {
  return !isRouting(task) && parametersOf(task, 'input', 'patient-identifier').length > 0
}

/** `Practitioner/1`: who asked. A routing Task holds him where no search finds him by it. */
export function askerOf(task: Resource, base: string): string | undefined {
  const { recipient = [] } = (task['restriction'] ?? {}) as { recipient?: Reference[] }
  return nameOf(isRouting(task) ? recipient[0] : (task['requester'] as Reference | undefined), base)
}

/** `Patient/1` and so on, of a literal reference to a resource of this server. */
export function nameOf(reference: Reference | undefined, base: string): string | undefined {
  const target = localReference(reference?.reference ?? '', base)
  return target && `${target.type}/${target.id}`
}

/** Nobody decided in time. Its state follows when somebody looks after it; no decision is taken any more from this moment. */
export function isExpired(task: Resource, now: Date): boolean {
  return Date.parse(String(task['authoredOn'])) < expiryLimit(now)
}

/** What was asked before this moment (epoch ms) is expired. */
export function expiryLimit(now: Date): number {
  return now.getTime() - openDays * 86_400_000
}
