import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import { isPerson, onlyChanges, referencesIn } from './elements.ts'
import type { Principal } from './principal.ts'

const revoked = ['inactive', 'rejected', 'entered-in-error']

/** A Consent is given in one's own name; a patient changes the own ones and revokes any. */
export function judgeConsent(principal: Principal, before: Resource | undefined, after: Resource, base: string): void {
  if (principal.roles.includes('records-office')) return
  const others = referencesIn(after, 'performer').find(({ reference }) => !isPerson(reference, principal.person, base))
  if (!before) {
    if (others) throw new FhirError('unprocessable', `${others.path} must be you.`, { expression: others.path })
    return
  }
  const own = referencesIn(before, 'performer').some(({ reference }) => isPerson(reference, principal.person, base))
  if (own && !others) return
  onlyChanges(before, after, ['status'])
  if (revoked.includes(String(after['status'])) || after['status'] === before['status']) return
  throw new FhirError('forbidden', 'You may revoke this Consent, nothing else.', { expression: 'Consent.status' })
}
