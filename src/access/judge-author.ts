import { isDeepStrictEqual } from 'node:util'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { isPerson, referencesIn } from './elements.ts'
import type { Principal } from './principal.ts'

/** Where a person signs: `people` alone, since an organization or a device signs nothing and gains nothing by it. */
const signatures: Readonly<Record<string, { element: string; others: readonly string[] }>> = {
  DocumentReference: { element: 'author', others: ['Organization', 'Device'] },
  Communication: { element: 'sender', others: [] },
  Task: { element: 'requester', others: [] },
}

/** Nobody writes in another's name: author and sender are who asks. Backend clients bring what others wrote. */
export function judgeAuthor(principal: Principal, before: Resource | undefined, after: Resource, base: string): void {
  const signature = signatures[after.resourceType]
  if (!signature || principal.kind === 'system') return
  const { element, others } = signature
  if (before) {
    if (isDeepStrictEqual(before[element], after[element])) return
    throw forged(`${after.resourceType}.${element}`, 'stays as it was when the resource was made')
  }
  const signed = referencesIn(after, element)
  if (signed.length === 0) throw forged(`${after.resourceType}.${element}`, 'must be you')
  for (const { reference, path } of signed) {
    if (isPerson(reference, principal.person, base) || others.includes(typeOf(reference, base) ?? '')) continue
    throw forged(path, 'must be you')
  }
}

function typeOf({ reference, type }: Reference, base: string): string | undefined {
  return localReference(reference ?? '', base)?.type ?? (reference === undefined ? type : undefined)
}

function forged(expression: string, rule: string): FhirError {
  return new FhirError('unprocessable', `${expression} ${rule}.`, { expression })
}
