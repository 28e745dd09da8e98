import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'

/**
 * The states of an access request and the ways between them that people have. `accepted` becomes `completed` with the grant in
 * the same transaction; `failed` is for what nobody decided in time.
 *
 * https://hl7.org/fhir/R4/task.html#statemachine
 */
type Party = 'asker' | 'decider'

const ways: Readonly<Record<string, Readonly<Record<string, readonly Party[]>>>> = {
  new: { draft: ['asker'], requested: ['asker'] },
  draft: { requested: ['asker'], cancelled: ['asker'] },
  requested: { cancelled: ['asker'] },
  received: { 'on-hold': ['decider'], accepted: ['decider'], rejected: ['decider'], cancelled: ['asker'] },
  'on-hold': { received: ['asker', 'decider'], cancelled: ['asker'] },
}

/** 409 where there is no such way, with those that there are; 403 where it is another's. */
export function mustLead(before: Resource | undefined, to: unknown, party: Party): void {
  const from = before ? String(before['status']) : 'new'
  const onward = ways[from] ?? {}
  const expression = 'Task.status'
  const parties = onward[String(to)]
  if (!parties) {
    const allowed = Object.keys(onward)
    const words = allowed.length === 0 ? 'nothing: it is decided' : allowed.map((one) => `"${one}"`).join(' or ')
    const text = `From "${from}" an access request becomes ${words}.`
    throw new FhirError('conflict', text, { expression })
  }
  if (parties.includes(party)) return
  const text = party === 'asker' ? 'Nobody decides on his own request.' : 'Who asked may cancel, nobody else.'
  throw new FhirError('forbidden', text, { expression })
}

export const openStates = Object.keys(ways).filter((state) => state !== 'new' && state !== 'draft')

export function isOpen(task: Resource): boolean {
  return openStates.includes(String(task['status']))
}
