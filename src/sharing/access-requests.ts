import { changedElements, elementOf } from '../access/elements.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import { askerOf, isAccessRequest, isExpired, isRouting, nameOf } from './access-request.ts'
import type { OwnCodes } from './codes.ts'
import { isImport } from './import.ts'
import { isOffice } from './may-share.ts'
import { mustOnlyAsk, submitted } from './new-request.ts'
import type { RequestDecision } from './request-decision.ts'
import { mustLead } from './request-states.ts'

interface Parts {
  codes: OwnCodes
  base: string
  decision: RequestDecision
  /** A request waits to be routed; nobody waits for it. */
  wakeClerk: () => void
}

/** What a request says stays as it was sent. */
const kept = ['code', 'for', 'requester', 'basedOn']
const keptOnceSent = ['focus', 'input', 'restriction', 'reasonCode', 'description', 'intent', 'authoredOn', 'partOf']
const decisions = ['accepted', 'rejected', 'on-hold']

/**
 * A doctor asks for access by a Task; its owner, or the records office, decides. The approval is one transaction with the
 * Consent that it gives.
 */
export function accessRequests({ codes, base, decision, wakeClerk }: Parts): Rule {
  return { type: 'Task', before, after }

  async function before(change: Change, work: Work): Promise<Resource | undefined> {
    const { context, before: stored, after: task } = change
    if (!task || isImport(change) || !(isAccessRequest(task) || isAccessRequest(stored))) return undefined
    if (!stored) {
      mustLead(undefined, task['status'], 'asker')
      return sent(signed(task, context), context)
    }
    mustKeep(stored, task, context)
    const moves = stored['status'] !== task['status']
    const party = askerOf(stored, base) === ownName(context) ? 'asker' : 'decider'
    if (moves) mustLead(stored, task['status'], party)
    if (stored['status'] === 'draft') return sent(task, context)
    if (task['status'] !== 'accepted') mustLeaveOutput(stored, task)
    if (!moves) return undefined
    mustBeTaken(stored, task, context)
    return decision.taken(stored, task, context, work)
  }

  async function after({ before: stored, after: task }: Change, work: Work): Promise<void> {
    if (!isAccessRequest(task) || task!['status'] !== 'requested' || stored?.['status'] === 'requested') return
    work.tx.afterCommit(async () => wakeClerk())
  }

  function sent(task: Resource, context: Context): Resource {
    mustOnlyAsk(task)
    return task['status'] === 'requested' ? submitted(task, context, codes, base) : task
  }

  function signed(task: Resource, context: Context): Resource {
    const name = ownName(context)
    if (task['requester'] !== undefined || !name?.startsWith('Practitioner/')) return task
    return { ...task, requester: { reference: name } }
  }

  function mustKeep(stored: Resource, task: Resource, { principal }: Context): void {
    const changed = changedElements(stored, task).map(elementOf)
    const fixed = stored['status'] === 'draft' ? ['code', 'requester', 'basedOn'] : [...kept, ...keptOnceSent]
    const element = changed.find((name) => fixed.includes(name))
    if (element) {
      const expression = `Task.${element}`
      throw new FhirError('unprocessable', `${expression} of an access request does not change.`, { expression })
    }
    if (!changed.includes('owner') || stored['status'] === 'draft') return
    if (isOffice(principal)) return mustBeDecider(stored, task)
    const text = 'The records office says who decides on a request.'
    throw new FhirError('forbidden', text, { expression: 'Task.owner' })
  }

  /** The office hands a request on to a doctor, or to the patient whom it is about: never to who asked. */
  function mustBeDecider(stored: Resource, task: Resource): void {
    const owner = task['owner'] as Reference | undefined
    const name = nameOf(owner, base)
    const isQueue = owner?.identifier?.value === codes.recordsOffice.identifier.value
    const isPatient = name !== undefined && name === nameOf(stored['for'] as Reference | undefined, base)
    const isDoctor = name?.startsWith('Practitioner/') === true && name !== askerOf(stored, base)
    // The Task of who asks by an identifier stays with the office: its owner must not tell that there is a patient.
    if (isQueue || ((isPatient || isDoctor) && (stored['for'] !== undefined || isRouting(stored)))) return
    const text = 'A request is decided by the patient, the records office, or a doctor who did not ask.'
    throw new FhirError('unprocessable', text, { expression: 'Task.owner' })
  }
}

/** In time, and a refusal with its reason. */
function mustBeTaken(stored: Resource, task: Resource, { now }: Context): void {
  if (decisions.includes(String(task['status'])) && isExpired(stored, now)) {
    const text = 'Nobody decided on this request in time; it can only be made again.'
    throw new FhirError('conflict', text, { expression: 'Task.status' })
  }
  if (task['status'] !== 'rejected' || task['statusReason'] !== undefined) return
  throw new FhirError('invalid', 'A rejection needs its reason.', { expression: 'Task.statusReason' })
}

function mustLeaveOutput(stored: Resource, task: Resource): void {
  if (!changedElements(stored, task).map(elementOf).includes('output')) return
  const text = 'Task.output is written with the approval.'
  throw new FhirError('unprocessable', text, { expression: 'Task.output' })
}

function ownName({ principal: { person } }: Context): string | undefined {
  return person && `${person.type}/${person.id}`
}
