import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import type { Accounts } from './accounts.ts'
import { businessStatusOf, refuseIllegalStep } from './approval-states.ts'
import { accountTasks, decided, decisionOf, isApproval, isFinished } from './approval-task.ts'
import type { CodeableConcept, OwnCodes } from './codes.ts'
import type { Letters } from './letters.ts'
import { setRolesActive } from './practitioner-roles.ts'

interface Parts {
  accounts: Pick<Accounts, 'keepAnAdministrator' | 'revokeAll'>
  letters: Letters
  codes: OwnCodes
  base: string
  /** "Two-person rule": one administrator accepts, another completes. */
  secondApprover: boolean
}

/**
 * A doctor is let in, and shut out, by `Practitioner.active`. One rule behind both entries, in one transaction: writing
 * `active=true` completes the open approval Task; completing the Task writes `active`.
 */
export function practitionerApproval({ accounts, letters, codes, base, secondApprover }: Parts): Rule[] {
  return [
    { type: 'Practitioner', before: beforePractitioner, after: afterPractitioner },
    { type: 'Task', before: beforeTask, after: afterTask },
  ]

  async function beforePractitioner(change: Change, work: Work): Promise<undefined> {
    const { context, identity, before } = change
    if (!opensOrShuts(change)) return
    refuseSelf(context, identity.id, 'Practitioner.active')
    if (isActive(before)) await accounts.keepAnAdministrator(work.tx, identity.id)
    else if (secondApprover) throw needsTwo()
  }

  async function afterPractitioner(change: Change, work: Work): Promise<void> {
    const { context, identity, before, after } = change
    if (!opensOrShuts(change)) return
    if (isActive(before)) return shutOut(context, work, identity.id, before)
    const open = (await accountTasks(work, identity.id)).filter((task) => isApproval(task) && !isFinished(task))
    for (const task of open)
      await work.update(decided(task, 'accepted', { codes, now: context.now, by: nameOf(context) }))
    await setRolesActive(work, identity.id, true)
    await letters.accepted(work, after)
  }

  /** "Nobody approves himself", "rejected: statusReason required", and what is decided stays decided. */
  async function beforeTask({ context, kind, before, after }: Change): Promise<Resource | undefined> {
    if (kind === 'create' && after && isApproval(after) && after['status'] === 'accepted') {
      throw new FhirError('conflict', 'A registration begins as requested.', { expression: 'Task.status' })
    }
    if (kind !== 'update' || !before || !after || !(isApproval(before) || isApproval(after))) return undefined
    for (const element of ['code', 'focus']) {
      if (JSON.stringify(before[element]) === JSON.stringify(after[element])) continue
      throw new FhirError('unprocessable', `Task.${element} of a registration does not change.`, {
        expression: `Task.${element}`,
      })
    }
    if (isFinished(before) && before['status'] === after['status'] && decisionOf(before) === decisionOf(after))
      return undefined
    refuseIllegalStep(String(before['status']), String(after['status']), { secondApprover })
    refuseSelf(context, practitionerIn(after), 'Task.focus')
    const decision = decisionOf(after)
    if (decision === undefined) return inState(context, before, after)
    if (secondApprover && decision === 'accepted') refuseSameApprover(context, before)
    if (decision === 'rejected' && after['statusReason'] === undefined) {
      throw new FhirError('invalid', 'A rejection needs its reason.', { expression: 'Task.statusReason' })
    }
    return decided(after, decision, { codes, now: context.now, by: nameOf(context) })
  }

  /** Open still. Who accepted first cannot be changed by who comes second. */
  function inState(context: Context, before: Resource, after: Resource): Resource {
    const status = String(after['status'])
    const business = businessStatusOf(status)!
    const by = status === 'accepted' ? ownerOf(before, context) : undefined
    return {
      ...after,
      businessStatus: codes.approvalState(business),
      lastModified: context.now.toISOString(),
      ...(by === undefined ? {} : { owner: by }),
    }
  }

  async function afterTask({ kind, before, after }: Change, work: Work): Promise<void> {
    if (kind !== 'update' || !before || !after || !isApproval(after) || isFinished(before)) return
    const decision = decisionOf(after)
    const id = practitionerIn(after)
    if (id === undefined) return
    const asked = after['status'] === 'on-hold' && before['status'] !== 'on-hold'
    if (asked) await letters.informationRequested(work, await work.read('Practitioner', id))
    if (decision === undefined) return
    const practitioner = await work.read('Practitioner', id)
    if (!practitioner)
      throw new FhirError('conflict', 'The practitioner is no longer there.', { expression: 'Task.focus' })
    if (decision === 'accepted') {
      if (!isActive(practitioner)) await work.update({ ...practitioner, active: true })
      await setRolesActive(work, id, true)
      await letters.accepted(work, practitioner)
      return
    }
    if (isActive(practitioner)) {
      await accounts.keepAnAdministrator(work.tx, id)
      await work.update({ ...practitioner, active: false })
      await setRolesActive(work, id, false)
      await accounts.revokeAll(work.tx, { type: 'Practitioner', id })
    }
    await letters.rejected(reasonClass(after))(work, practitioner)
  }

  async function shutOut(context: Context, work: Work, id: string, practitioner: Resource | undefined): Promise<void> {
    const by = nameOf(context)
    await work.create({
      resourceType: 'Task',
      status: 'completed',
      businessStatus: codes.approvalState('suspended'),
      intent: 'order',
      code: codes.task('practitioner-suspension'),
      focus: { reference: `Practitioner/${id}` },
      authoredOn: context.now.toISOString(),
      lastModified: context.now.toISOString(),
      ...(by === undefined ? {} : { requester: { reference: by } }),
    })
    await setRolesActive(work, id, false)
    await accounts.revokeAll(work.tx, { type: 'Practitioner', id })
    await letters.suspended(work, practitioner)
  }

  function practitionerIn(task: Resource): string | undefined {
    const focus = localReference((task['focus'] as Reference | undefined)?.reference ?? '', base)
    return focus?.type === 'Practitioner' ? focus.id : undefined
  }
}

function needsTwo(): FhirError {
  const text =
    'Two administrators let somebody in: one makes the Task of the registration "accepted", another "completed".'
  return new FhirError('conflict', text, { expression: 'Practitioner.active' })
}

/** Whether the account behind a practitioner opens or shuts: also when a deleted one comes back. */
function opensOrShuts({ kind, identity, before, after }: Change): boolean {
  if (kind === 'create' && identity.version === 1) return false
  return isActive(before) !== isActive(after)
}

function ownerOf(before: Resource, context: Context): Reference {
  if (before['status'] === 'accepted') return before['owner'] as Reference
  const name = nameOf(context)
  if (name === undefined) throw new FhirError('forbidden', 'A person approves.', { expression: 'Task.status' })
  return { reference: name }
}

function refuseSameApprover(context: Context, before: Resource): void {
  const first = (before['owner'] as Reference | undefined)?.reference
  if (first === undefined || (nameOf(context) !== undefined && nameOf(context) !== first)) return
  const text = 'You accepted this registration: another administrator completes it.'
  throw new FhirError('forbidden', text, { expression: 'Task.status' })
}

/** R4 gives `active` no default: who is not said to be active is not. */
function isActive(practitioner: Resource | undefined): boolean {
  return practitioner?.['active'] === true
}

function refuseSelf({ principal }: Context, id: string | undefined, expression: string): void {
  if (principal.person?.type !== 'Practitioner' || principal.person.id !== id) return
  throw new FhirError('forbidden', 'Nobody approves or suspends himself.', { expression })
}

function nameOf({ principal: { person } }: Context): string | undefined {
  return person && `${person.type}/${person.id}`
}

/** What kind of reason it was; the administrator's own words stay in the Task. */
function reasonClass(task: Resource): string | undefined {
  return (task['statusReason'] as CodeableConcept | undefined)?.coding?.find(({ display }) => display)?.display
}
