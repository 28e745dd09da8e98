import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import { codeOf, type CodeableConcept, type OwnCodes } from './codes.ts'

/** The state of a registration: https://hl7.org/fhir/R4/task.html#statemachine */
const finished = ['completed', 'rejected', 'cancelled', 'failed', 'entered-in-error']

export type Decision = 'accepted' | 'rejected'

export function isApproval(task: Resource | undefined): boolean {
  const codings = (task?.['code'] as CodeableConcept | undefined)?.coding ?? []
  return codings.some(({ code }) => code === 'practitioner-approval')
}

export function isFinished(task: Resource): boolean {
  return finished.includes(String(task['status']))
}

/** The Tasks about a practitioner's account, newest first. */
export async function accountTasks(work: Pick<Work, 'find'>, practitionerId: string): Promise<Resource[]> {
  const codes = 'practitioner-approval,practitioner-suspension'
  const tasks = await work.find('Task', `code=${codes}&focus=Practitioner/${encodeURIComponent(practitionerId)}`)
  return tasks.sort((a, b) => (b.meta?.lastUpdated ?? '').localeCompare(a.meta?.lastUpdated ?? ''))
}

/**
 * What a finished Task decided: its status, unless `businessStatus` or an output says that the completed work ended in a
 * rejection. Undefined while it is open, and when it was cancelled.
 */
export function decisionOf(task: Resource): Decision | undefined {
  if (task['status'] === 'rejected') return 'rejected'
  if (task['status'] !== 'completed') return undefined
  const said = new Set([codeOf(task['businessStatus']), ...outputsOf(task)])
  if (said.has('accepted') && said.has('rejected')) {
    const text = 'The Task says both "accepted" and "rejected".'
    throw new FhirError('unprocessable', text, { expression: 'Task.businessStatus' })
  }
  return said.has('rejected') ? 'rejected' : 'accepted'
}

function outputsOf(task: Resource): (string | undefined)[] {
  const outputs = (task['output'] ?? []) as Record<string, unknown>[]
  return outputs.map((output) => {
    const plain = output['valueCode'] ?? output['valueString']
    return typeof plain === 'string' ? plain : codeOf(output['valueCodeableConcept'])
  })
}

/** The Task as it stands once somebody has decided; he is its owner from then on. */
export function decided(
  task: Resource,
  decision: Decision,
  { codes, now, by }: { codes: OwnCodes; now: Date; by: string | undefined },
): Resource {
  return {
    ...task,
    status: task['status'] === 'rejected' ? 'rejected' : 'completed',
    businessStatus: codes.approvalState(decision),
    lastModified: now.toISOString(),
    ...(by === undefined ? {} : { owner: { reference: by } }),
  }
}
