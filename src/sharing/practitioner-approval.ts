import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import type { Accounts } from './accounts.ts'
import { accountTasks, decided, decisionOf, isApproval, isFinished } from './approval-task.ts'
import type { CodeableConcept, OwnCodes } from './codes.ts'
import type { Letters } from './letters.ts'

interface Parts {
  accounts: Pick<Accounts, 'keepAnAdministrator' | 'revokeAll'>
  letters: Letters
  codes: OwnCodes
  base: string
}

/**
 * A doctor is let in, and shut out, by `Practitioner.active`. One rule behind both entries, in one transaction: writing
 * `active=true` completes the open approval Task; completing the Task writes `active`.
 */
export function practitionerApproval({ accounts, letters, codes, base }: Parts): Rule[] {
  return [
    { type: 'Practitioner', before: beforePractitioner, after: afterPractitioner },
    { type: 'Task', before: beforeTask, after: afterTask },
  ]

  async function beforePractitioner(
    { context, kind, identity, before, after }: Change,
    work: Work,
  ): Promise<undefined> {
    if (kind === 'create' || isActive(before) === isActive(after)) return
    refuseSelf(context, identity.id, 'Practitioner.active')
    if (isActive(before)) await accounts.keepAnAdministrator(work.tx, identity.id)
  }

  async function afterPractitioner({ context, kind, identity, before, after }: Change, work: Work): Promise<void> {
    if (kind === 'create' || isActive(before) === isActive(after)) return
    if (isActive(before)) return shutOut(context, work, identity.id, before)
    const open = (await accountTasks(work, identity.id)).filter((task) => isApproval(task) && !isFinished(task))
    for (const task of open)
      await work.update(decided(task, 'accepted', { codes, now: context.now, by: nameOf(context) }))
    await letters.accepted(work, after)
  }

  /** "Nobody approves himself", "rejected: statusReason required", and what is decided stays decided. */
  async function beforeTask({ context, kind, before, after }: Change): Promise<Resource | undefined> {
    if (kind !== 'update' || !before || !after || !(isApproval(before) || isApproval(after))) return undefined
    for (const element of ['code', 'focus']) {
      if (JSON.stringify(before[element]) === JSON.stringify(after[element])) continue
      throw new FhirError('unprocessable', `Task.${element} of a registration does not change.`, {
        expression: `Task.${element}`,
      })
    }
    if (isFinished(before)) {
      if (before['status'] === after['status'] && decisionOf(before) === decisionOf(after)) return undefined
      throw new FhirError('conflict', 'This registration is decided already.', { expression: 'Task.status' })
    }
    const decision = decisionOf(after)
    if (decision === undefined) return undefined
    refuseSelf(context, practitionerIn(after), 'Task.focus')
    if (decision === 'rejected' && after['statusReason'] === undefined) {
      throw new FhirError('invalid', 'A rejection needs its reason.', { expression: 'Task.statusReason' })
    }
    return decided(after, decision, { codes, now: context.now, by: nameOf(context) })
  }

  async function afterTask({ kind, before, after }: Change, work: Work): Promise<void> {
    if (kind !== 'update' || !before || !after || !isApproval(after) || isFinished(before)) return
    const decision = decisionOf(after)
    const id = practitionerIn(after)
    if (decision === undefined || id === undefined) return
    const practitioner = await work.read('Practitioner', id)
    if (!practitioner)
      throw new FhirError('conflict', 'The practitioner is no longer there.', { expression: 'Task.focus' })
    if (decision === 'accepted') {
      if (!isActive(practitioner)) await work.update({ ...practitioner, active: true })
      await letters.accepted(work, practitioner)
      return
    }
    if (isActive(practitioner)) {
      await accounts.keepAnAdministrator(work.tx, id)
      await work.update({ ...practitioner, active: false })
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
    await accounts.revokeAll(work.tx, { type: 'Practitioner', id })
    await letters.suspended(work, practitioner)
  }

  function practitionerIn(task: Resource): string | undefined {
    const focus = localReference((task['focus'] as Reference | undefined)?.reference ?? '', base)
    return focus?.type === 'Practitioner' ? focus.id : undefined
  }
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
