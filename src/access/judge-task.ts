import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import { hasCode, isPerson, onlyChanges, referencesIn } from './elements.ts'
import type { Principal } from './principal.ts'

/** Tasks that carry the state of an account: administrators alone. */
const accountTasks = ['practitioner-approval', 'practitioner-suspension']
const decision = ['status', 'businessStatus', 'statusReason', 'output', 'note', 'lastModified']
/** Who was asked for more says it, and the Task goes on. */
const answer = ['status', 'businessStatus', 'note', 'lastModified']
const cancellation = ['status', 'statusReason', 'note', 'lastModified']

/** Who asked may cancel; who owns the Task decides, unless he asked himself: "nobody approves his own request". */
export function judgeTask(principal: Principal, before: Resource | undefined, after: Resource, base: string): void {
  const accounts = accountTasks.some((code) => hasCode(after['code'], code) || hasCode(before?.['code'], code))
  if (accounts) {
    const text = 'Registrations are decided by administrators.'
    throw new FhirError('forbidden', text, { expression: 'Task.code' })
  }
  if (!before || principal.roles.includes('records-office')) return
  if (principal.roles.includes('privacy-officer') && hasCode(before['code'], 'access-query')) {
    return onlyChanges(before, after, decision)
  }
  const is = (element: string) =>
    referencesIn(before, element).some(({ reference }) => isPerson(reference, principal.person, base))
  if (is('owner') && !is('requester')) return onlyChanges(before, after, decision)
  if (is('requester') && before['status'] === 'draft') return mustStayAsked(after)
  if (is('requester') && before['status'] === 'on-hold' && after['status'] === 'received') {
    return onlyChanges(before, after, answer)
  }
  onlyChanges(before, after, cancellation)
  if (after['status'] !== before['status'] && after['status'] !== 'cancelled') {
    throw new FhirError('forbidden', 'Who asked may cancel, not decide.', { expression: 'Task.status' })
  }
}

/** A draft is its author's, until it is sent. */
function mustStayAsked(after: Resource): void {
  if (['draft', 'requested', 'cancelled'].includes(String(after['status']))) return
  throw new FhirError('forbidden', 'Who asks sends a draft, or drops it.', { expression: 'Task.status' })
}
