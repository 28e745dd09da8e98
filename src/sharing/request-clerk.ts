import { randomInt } from 'node:crypto'
import type { Context } from '../access/principal.ts'
import { instantOf } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { StaleVersion } from '../interactions/proposal.ts'
import type { Work } from '../interactions/rule.ts'
import type { Store, Transaction } from '../store/store.ts'
import { asksByIdentifier, expiryLimit, isExpired, isRouting, nameOf, parametersOf } from './access-request.ts'
import type { Accounts } from './accounts.ts'
import type { OwnCodes } from './codes.ts'
import type { Letters } from './letters.ts'
import type { RequestDecision } from './request-decision.ts'
import { policyFor, type PolicyName } from './request-policies.ts'
import { tokenOf } from './request-scope.ts'
import { isOpen } from './request-states.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  serverWork: (tx: Transaction, now: Date) => Work
  serverContext: (now: Date) => Context
  accounts: Pick<Accounts, 'activeAdministrators' | 'hasAccount'>
  letters: Letters
  codes: OwnCodes
  base: string
  decision: RequestDecision
  /** Rules by which requests are accepted at once, by name. */
  policies: readonly PolicyName[]
  now: () => Date
  onError: (error: unknown) => void
}

const hour = 3_600_000
/** How long a request waits for others before it is routed, in milliseconds. */
const patience = 1_000

export type RequestClerk = ReturnType<typeof createRequestClerk>

/**
 * What happens to access requests without a person: they are routed after their POST was answered, so that it does the same
 * whether the patient exists or not, and end when nobody decided. Nothing is correct only because the clerk was there: until a
 * request is routed the office alone sees it, and expired ones are refused by their date.
 */
export function createRequestClerk(parts: Parts) {
  const { store, serverWork, serverContext, accounts, letters, codes, base, decision, policies, onError } = parts
  let last = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  /** Looks after all requests once, after what is under way. */
  function run(): Promise<void> {
    last = last.then(once).catch(onError)
    return last
  }

  /** Soon, for all that were sent meanwhile: never at the moment of an answer, whose time could tell what is done for it. */
  function wake(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void run()
    }, patience).unref()
  }

  async function once(): Promise<void> {
    const now = parts.now()
    const limit = instantOf(expiryLimit(now))
    // What was brought from elsewhere does nothing by itself, and has not been made to meet the profile.
    const sent = new URLSearchParams({ status: 'requested', _profile: codes.accessRequest }).toString()
    await each(sent, now, (task, work) => (isRouting(task) ? undefined : route(task, work, now)))
    // What is still to be routed is routed first, the next time if it came in between: nothing ends that nobody was shown.
    await each(`status=received,on-hold&authored-on=lt${limit}`, now, (task, work) =>
      isRouting(task) || !isExpired(task, now) ? undefined : end(task, { status: 'failed' }, work, now),
    )
    const due = `status=received&business-status=unknown-patient&period=eb${instantOf(now.getTime())}`
    await each(due, now, (task, work) => end(task, { status: 'rejected' }, work, now))
  }

  /** Each in a transaction of its own; what another one changes at this moment waits for the next time. */
  async function each(
    query: string,
    now: Date,
    act: (task: Resource, work: Work) => Promise<void> | undefined,
  ): Promise<void> {
    const found = await store.transaction((tx) => serverWork(tx, now).find('Task', `code=access-request&${query}`))
    for (const { id } of found) {
      await store
        .transaction(async (tx) => {
          await tx.lock([`access request ${id}`])
          const work = serverWork(tx, now)
          const task = await work.read('Task', id!)
          if (task && isOpen(task)) await act(task, work)
        })
        .catch((error: unknown) => {
          if (!(error instanceof StaleVersion)) onError(error)
        })
    }
  }

  async function route(task: Resource, work: Work, now: Date): Promise<void> {
    if (task['status'] !== 'requested') return
    if (asksByIdentifier(task)) return routeBesides(task, work, now)
    const policy = await policyFor(task, policies, work, base)
    if (policy !== undefined && (await acceptedBy(policy, task, work, now))) return
    const owner = await ownerFor(task['for'] as Reference, work)
    const received = { ...task, status: 'received', lastModified: now.toISOString() }
    await work.update(owner ? { ...received, owner: { reference: `Patient/${owner.id}` } } : received)
    await notify(owner, work)
  }

  /** What a rule would accept and nothing can be granted for is for people: an approval refuses before it writes anything. */
  async function acceptedBy(policy: PolicyName, task: Resource, work: Work, now: Date): Promise<boolean> {
    try {
      const accepted = { ...task, status: 'accepted', businessStatus: codes.requestState('accepted-by-policy') }
      await work.update(await decision.taken(task, accepted, serverContext(now), work, policy))
      return true
    } catch (error) {
      if (error instanceof FhirError) return false
      throw error
    }
  }

  /** The second Task: who asked never sees that there is a patient, or who decides. */
  async function routeBesides(task: Resource, work: Work, now: Date): Promise<void> {
    const identifier = parametersOf(task, 'input', 'patient-identifier')[0]!['valueIdentifier'] as object
    const patients = await work.find('Patient', new URLSearchParams({ identifier: tokenOf(identifier) }).toString())
    // Nobody has it, or several: people look at it; if they do not, it is refused after a time as people take it.
    const patient = patients.length === 1 ? patients[0]! : undefined
    const owner = patient && (await ownerFor({ reference: `Patient/${patient.id}` }, work))
    const due = instantOf(now.getTime() + randomInt(1 * hour, 48 * hour))
    const { resourceType, intent, code, input, reasonCode, description, restriction, authoredOn, requester } = task
    await work.create({
      ...{ resourceType, status: 'received', intent, code, input, reasonCode, authoredOn },
      ...(description === undefined ? {} : { description }),
      basedOn: [{ reference: `Task/${task.id}` }],
      restriction: { ...(restriction as object), recipient: [requester] },
      ...(patient
        ? { for: { reference: `Patient/${patient.id}` } }
        : { businessStatus: codes.requestState('unknown-patient'), executionPeriod: { start: authoredOn, end: due } }),
      owner: owner ? { reference: `Patient/${owner.id}` } : codes.recordsOffice,
      lastModified: now.toISOString(),
    })
    await work.update({ ...task, status: 'received', lastModified: now.toISOString() })
    await notify(owner, work)
  }

  /** The patient, who can sign in; undefined: the records office. */
  async function ownerFor(reference: Reference, work: Work): Promise<Resource | undefined> {
    const id = nameOf(reference, base)?.split('/')[1]
    if (id === undefined || !(await accounts.hasAccount(work.tx, { type: 'Patient', id }))) return undefined
    return work.read('Patient', id)
  }

  async function notify(owner: Resource | undefined, work: Work): Promise<void> {
    if (owner) return letters.requestWaits(work, owner)
    for (const id of await accounts.activeAdministrators(work.tx)) {
      const administrator = await work.read('Practitioner', id)
      await letters.requestWaits(work, administrator)
    }
  }

  async function end(task: Resource, { status }: { status: 'failed' | 'rejected' }, work: Work, now: Date) {
    const reason = status === 'rejected' ? 'The request was not granted.' : 'Nobody decided in time.'
    const ended = {
      ...task,
      status,
      statusReason: { text: reason },
      ...(status === 'failed' ? { businessStatus: codes.requestState('expired') } : {}),
    }
    await work.update(await decision.taken(task, ended, serverContext(now), work))
  }

  return {
    run,
    wake,
    /** Resolves when what is under way is done. */
    stop(): Promise<void> {
      clearTimeout(timer)
      return last
    },
  }
}
