import type { Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import type { Accounts } from './accounts.ts'
import { accountTasks, decisionOf, isApproval, isFinished } from './approval-task.ts'
import type { OwnCodes } from './codes.ts'
import type { Letters } from './letters.ts'
import { positionOf } from './practitioner-roles.ts'

export interface Applicant {
  readonly given: string
  readonly family: string
  readonly email: string
  readonly licence: string
  readonly organization?: string | undefined
  readonly specialty?: string | undefined
}

export interface Approval {
  readonly state: 'pending' | 'information-requested' | 'rejected' | 'suspended' | 'accepted'
  /** What an administrator wrote to the doctor, if anything. */
  readonly note?: string
}

type Named = Pick<Applicant, 'given' | 'family' | 'email'>

interface Parts {
  accounts: Pick<Accounts, 'activeAdministrators'>
  letters: Letters
  codes: OwnCodes
}

export type Registration = ReturnType<typeof createRegistration>

/** A doctor's registration in the health records, once the e-mail address is verified; all within the caller's transaction. */
export function createRegistration({ accounts, letters, codes }: Parts) {
  return {
    /** The inactive Practitioner with his role, and the Task that asks administrators for approval. */
    async register(
      work: Work,
      { licence, organization, specialty, ...applicant }: Applicant,
      now: Date,
    ): Promise<Resource> {
      const practitioner = await work.create({
        ...practitionerOf(applicant, false),
        identifier: [{ type: codes.licenceType, system: codes.licence, value: licence }],
      })
      const reference = { reference: `Practitioner/${practitioner.id}` }
      await work.create(positionOf(reference.reference, { organization, specialty }))
      await work.create({
        resourceType: 'Task',
        status: 'requested',
        businessStatus: codes.approvalState('pending'),
        intent: 'order',
        code: codes.task('practitioner-approval'),
        focus: reference,
        requester: reference,
        authoredOn: now.toISOString(),
        lastModified: now.toISOString(),
      })
      await notifyAdministrators(work)
      return practitioner
    },

    /** The very first administrator needs nobody's approval. */
    registerAdministrator(work: Work, person: Named): Promise<Resource> {
      return work.create(practitionerOf(person, true))
    },

    /** Where the approval of a practitioner stands; undefined: there is no such practitioner. */
    async approvalOf(work: Pick<Work, 'read' | 'find'>, practitionerId: string): Promise<Approval | undefined> {
      const practitioner = await work.read('Practitioner', practitionerId)
      if (!practitioner) return undefined
      if (practitioner['active'] === true) return { state: 'accepted' }
      const [newest] = await accountTasks(work, practitionerId)
      return newest ? { state: stateOf(newest), ...noteOf(newest) } : { state: 'suspended' }
    },

    /** The doctor has answered: what was on hold for him is asked again. */
    async answered(work: Work, practitionerId: string, note: string | undefined, now: Date): Promise<void> {
      const tasks = await accountTasks(work, practitionerId)
      for (const task of tasks.filter((one) => isApproval(one) && !isFinished(one))) {
        const notes = (task['note'] as object[] | undefined) ?? []
        const author = { reference: `Practitioner/${practitionerId}` }
        await work.update({
          ...task,
          ...(task['status'] === 'on-hold'
            ? { status: 'requested', businessStatus: codes.approvalState('pending') }
            : {}),
          lastModified: now.toISOString(),
          ...(note === undefined
            ? {}
            : { note: [...notes, { authorReference: author, time: now.toISOString(), text: note }] }),
        })
      }
    },
  }

  /** "Immediate notice, no personal data beyond name": here not even that. */
  async function notifyAdministrators(work: Work): Promise<void> {
    for (const id of await accounts.activeAdministrators(work.tx)) {
      const administrator = await work.read('Practitioner', id)
      await letters.registrationWaits(work, administrator)
    }
  }
}

function practitionerOf({ given, family, email }: Named, active: boolean): Resource {
  return {
    resourceType: 'Practitioner',
    active,
    name: [{ family, given: [given] }],
    telecom: [{ system: 'email', value: email, use: 'work' }],
  }
}

function stateOf(task: Resource): Approval['state'] {
  if (task['status'] === 'on-hold') return 'information-requested'
  if (!isFinished(task)) return 'pending'
  return task['status'] === 'completed' && decisionOf(task) === 'accepted' ? 'suspended' : 'rejected'
}

/** The last note that the doctor did not write himself. */
function noteOf(task: Resource): { note?: string } {
  const focus = (task['focus'] as { reference?: string } | undefined)?.reference
  const notes = (task['note'] ?? []) as { text?: string; authorReference?: { reference?: string } }[]
  const last = notes.findLast(({ authorReference }) => authorReference?.reference !== focus)
  return last?.text === undefined ? {} : { note: last.text }
}
