import type { Context } from '../access/principal.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import { askerOf, asksByIdentifier, isRouting, nameOf } from './access-request.ts'
import type { OwnCodes } from './codes.ts'
import { recordDecision } from './audit/consent-decision.ts'
import type { Letters } from './letters.ts'
import type { createApproval } from './request-approval.ts'
import { isOpen } from './request-states.ts'

interface Parts {
  letters: Letters
  codes: OwnCodes
  base: string
  approve: ReturnType<typeof createApproval>
}

export type RequestDecision = ReturnType<typeof createRequestDecision>

/** What follows from a step that a person, the clerk or a rule of the hospital takes with a request. */
export function createRequestDecision({ letters, codes, base, approve }: Parts) {
  /** The request as it is to be stored, once everything that belongs to the step is done. */
  async function taken(
    stored: Resource,
    task: Resource,
    context: Context,
    work: Work,
    policy?: string,
  ): Promise<Resource> {
    const pair = await pairOf(stored, work)
    const decided = task['status'] === 'accepted' ? await approved(task, pair, context, work, policy) : task
    const done: Resource = { ...decided, lastModified: context.now.toISOString() }
    if (pair && isOpen(pair)) await work.update(mirrored(pair, stored, done))
    await tell(done, pair, context, work)
    return done
  }

  async function approved(
    task: Resource,
    pair: Resource | undefined,
    context: Context,
    work: Work,
    policy: string | undefined,
  ): Promise<Resource> {
    // A request by an identifier is about the patient of the Task by which it is routed.
    const about = asksByIdentifier(task) && pair ? { ...pair, output: task['output'] } : task
    const consent = await approve(about, context, work, policy)
    const output = [
      ...((task['output'] ?? []) as object[]),
      { type: codes.taskParameter('grant'), valueReference: { reference: consent } },
    ]
    return { ...task, status: 'completed', output }
  }

  /** The other Task of a request that was made by an identifier. */
  async function pairOf(task: Resource, work: Pick<Work, 'read' | 'find'>): Promise<Resource | undefined> {
    if (isRouting(task)) {
      const name = nameOf((task['basedOn'] as Reference[])[0], base)
      return name === undefined ? undefined : work.read('Task', name.split('/')[1]!)
    }
    if (!asksByIdentifier(task)) return undefined
    const [found] = await work.find('Task', `based-on=Task/${task.id}&code=access-request`)
    return found
  }

  /**
   * What one Task says, the other says too. The Task of who asked learns the step and what he is asked, in words that would be
   * the same if nobody had that identifier.
   */
  function mirrored(pair: Resource, before: Resource, { status, output, note, lastModified }: Resource): Resource {
    const had = ((before['note'] ?? []) as object[]).length
    const added = ((note ?? []) as { text?: string; time?: string }[]).slice(had).map(({ text, time }) => ({
      ...(time === undefined ? {} : { time }),
      text,
    }))
    const notes = [
      ...((pair['note'] ?? []) as object[]),
      ...(status === 'on-hold' || status === 'received' ? added : []),
    ]
    const grant = ((output ?? []) as { type: { coding?: { code?: string }[] } }[]).filter(({ type }) =>
      type.coding?.some(({ code }) => code === 'grant'),
    )
    return {
      ...pair,
      ...{ status, lastModified },
      ...(notes.length > 0 ? { note: notes } : {}),
      ...(status === 'rejected' ? { statusReason: { text: notGranted } } : {}),
      ...(grant.length > 0 ? { output: grant } : {}),
    }
  }

  async function tell(task: Resource, pair: Resource | undefined, context: Context, work: Work): Promise<void> {
    if (!['completed', 'rejected', 'on-hold', 'failed'].includes(String(task['status']))) return
    const [, asker] = (askerOf(task, base) ?? '').split('/')
    const doctor = asker === undefined ? undefined : await work.read('Practitioner', asker)
    await letters.requestDecided(work, doctor)
    const [, about] = (nameOf((task['for'] ?? pair?.['for']) as Reference | undefined, base) ?? '').split('/')
    if (task['status'] === 'rejected' && about !== undefined && asker !== undefined) {
      const [name, asked] = [`Task/${task.id}`, `Practitioner/${asker}`]
      const decided = { decision: 'deny', about: name, patient: about, asker: asked, task: name, base } as const
      await recordDecision(decided, context, work)
    }
    if (task['status'] !== 'completed' || about === undefined || context.principal.person?.id === about) return
    const patient = await work.read('Patient', about)
    await letters.accessGiven(work, patient)
  }

  return { taken, pairOf }
}

const notGranted = 'The request was not granted.'
