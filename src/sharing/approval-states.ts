import { FhirError } from '../fhir/error.ts'

/** The code of `Task.businessStatus` that goes with each status of an open registration; what ends it has its own. */
const open = {
  requested: 'pending',
  'in-progress': 'in-review',
  'on-hold': 'info-requested',
  accepted: 'first-approval',
  cancelled: 'cancelled',
} as const

const ends = ['completed', 'rejected', 'cancelled']
const plain: Readonly<Record<string, readonly string[]>> = {
  requested: ['in-progress', 'on-hold', ...ends],
  'in-progress': ['requested', 'on-hold', ...ends],
  'on-hold': ['requested', 'in-progress', ...ends],
}

/** Two people let somebody in: one accepts, another completes. */
const byTwo: Readonly<Record<string, readonly string[]>> = {
  requested: ['in-progress', 'on-hold', 'accepted', 'rejected', 'cancelled'],
  'in-progress': ['requested', 'on-hold', 'accepted', 'rejected', 'cancelled'],
  'on-hold': ['requested', 'in-progress', 'accepted', 'rejected', 'cancelled'],
  accepted: ['in-progress', 'on-hold', ...ends],
}

export function businessStatusOf(status: string): string | undefined {
  return (open as Record<string, string>)[status]
}

/**
 * Refuses a step that the state of a registration does not allow, naming those that it does.
 *
 * https://hl7.org/fhir/R4/task.html#statemachine
 */
export function refuseIllegalStep(from: string, to: string, { secondApprover }: { secondApprover: boolean }): void {
  if (from === to) return
  // What waits for a second approver when the setting is switched off is decided by one.
  const steps = secondApprover ? byTwo : { ...plain, accepted: byTwo['accepted']! }
  const allowed = steps[from] ?? []
  if (allowed.includes(to)) return
  const next = allowed.length > 0 ? `It may become: ${allowed.join(', ')}.` : 'It is decided, and stays as it is.'
  throw new FhirError('conflict', `A registration that is ${from} does not become ${to}. ${next}`, {
    expression: 'Task.status',
  })
}
