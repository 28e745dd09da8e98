import type { Context } from '../access/principal.ts'
import { periodRange } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import { accessConsent } from './access-consent.ts'
import { askerOf, nameOf, parametersOf } from './access-request.ts'
import type { CodeableConcept, OwnCodes } from './codes.ts'
import { recordDecision } from './audit/consent-decision.ts'
import { compileGrants } from './compile-grants.ts'
import { isAuthor, isOffice } from './may-share.ts'
import { documentsWanted, type Wanted, wantedIn } from './request-scope.ts'

interface Parts {
  codes: OwnCodes
  base: string
}

type Period = { start?: string; end?: string }

/**
 * What an approval makes in the transaction of the Task: the Consent, enforced from then on, the Provenance that says who
 * authorized it, and a line of the audit trail that names both. Answers the name of the Consent.
 *
 * Documents of a kind or a time are those that are there now: what is written later was not looked at when it was granted.
 */
export function createApproval({ codes, base }: Parts) {
  async function approve(task: Resource, context: Context, work: Work, policy?: string): Promise<string> {
    const patient = await patientOf(task, work)
    const recipient = await recipientOf(task, work)
    const asked = wantedIn(parametersOf(task, 'input', 'scope'), 'Task.input', base)
    const documents = await granted(task, asked, patient, work)
    mustBeOnesToGive(documents, patient, context, policy)
    const performer = performerOf(context, patient, policy)
    const consent = await work.create(
      accessConsent(
        {
          ...{ patient, recipient, performer, documents: documents?.map(({ id }) => `DocumentReference/${id}`) },
          ...{ labels: asked.labels, purpose: task['reasonCode'] as CodeableConcept, now: context.now },
          source: nameOf((task['basedOn'] as Reference[] | undefined)?.[0], base) ?? `Task/${task.id}`,
          ...periodOf(task, context.now),
        },
        codes,
      ),
    )
    const name = `Consent/${consent.id}`
    const grants = compileGrants(consent, { ridOf: work.ridOf, base })
    await work.grants({ id: consent.id!, version: Number(consent.meta!.versionId) }, grants)
    await record(task, name, { performer, policy }, context, work)
    return name
  }

  async function patientOf(task: Resource, work: Work): Promise<Resource> {
    const target = localReference((task['for'] as Reference | undefined)?.reference ?? '', base)
    const patient = target && (await work.read('Patient', target.id))
    if (patient) return patient
    const text = 'This request names no patient who is known here; it can be rejected.'
    throw new FhirError('unprocessable', text, { expression: 'Task.for' })
  }

  async function recipientOf(task: Resource, work: Work): Promise<string> {
    const name = askerOf(task, base) ?? ''
    const doctor = name.startsWith('Practitioner/') ? await work.read('Practitioner', name.split('/')[1]!) : undefined
    if (doctor?.['active'] === true) return name
    throw new FhirError('conflict', 'Who asked is no active practitioner any more.', { expression: 'Task.requester' })
  }

  /** Undefined: the whole record. `output[granted]` narrows what was asked for, and may not go beyond it. */
  async function granted(task: Resource, asked: Wanted, patient: Resource, work: Work) {
    const narrower = parametersOf(task, 'output', 'granted')
    const all = asked.whole ? undefined : await documentsWanted(asked, patient.id!, work)
    if (narrower.length === 0) return mustBeSome(all)
    const wanted = wantedIn(narrower, 'Task.output', base)
    if (wanted.whole && all) throw beyond('Task.output')
    const some = wanted.whole ? undefined : await documentsWanted(wanted, patient.id!, work)
    const known = all && new Set(all.map(({ id }) => id))
    const missing = wanted.ids.some((id) => !some?.some((one) => one.id === id))
    if (missing || (known && some?.some(({ id }) => !known.has(id)))) throw beyond('Task.output')
    return mustBeSome(some)
  }

  /** The patient and the office give what they want; who else decides, what he wrote, and never a whole record. */
  function mustBeOnesToGive(
    documents: readonly Resource[] | undefined,
    patient: Resource,
    { principal }: Context,
    policy: string | undefined,
  ): void {
    const isPatient = principal.person?.type === 'Patient' && principal.person.id === patient.id
    if (policy !== undefined || isPatient || isOffice(principal)) return
    if (documents?.every((document) => isAuthor(document, principal, base))) return
    const text = 'You may grant what you wrote; the rest is for the records office.'
    throw new FhirError('forbidden', text, { expression: 'Task.output' })
  }

  async function record(
    task: Resource,
    consent: string,
    { performer, policy }: { performer: string | undefined; policy: string | undefined },
    context: Context,
    work: Work,
  ): Promise<void> {
    const who = performer === undefined ? { display: policy ?? 'Records office' } : { reference: performer }
    await work.create({
      resourceType: 'Provenance',
      target: [{ reference: consent }, { reference: `Task/${task.id}` }],
      recorded: context.now.toISOString(),
      reason: [task['reasonCode']],
      activity: codes.activity('authorize', 'Access was authorized'),
      agent: [{ who }],
    })
    const patient = nameOf(task['for'] as Reference, base)!.split('/')[1]!
    const decided = { decision: 'permit', about: consent, patient, asker: askerOf(task, base)!, policy } as const
    await recordDecision({ ...decided, task: `Task/${task.id}`, base }, context, work)
  }

  return approve
}

function performerOf({ principal }: Context, patient: Resource, policy: string | undefined): string | undefined {
  if (policy !== undefined) return (patient['managingOrganization'] as Reference | undefined)?.reference
  return principal.person && `${principal.person.type}/${principal.person.id}`
}

/** What was asked for, or the shorter one of `output[granted-period]`. */
function periodOf(task: Resource, now: Date): { starts: string; ends: string } {
  const asked = (task['restriction'] as { period: Period }).period
  const given = parametersOf(task, 'output', 'granted-period')[0]?.['valuePeriod'] as Period | undefined
  const start = given?.start ?? asked.start ?? now.toISOString()
  const end = given?.end ?? asked.end!
  const [wide, narrow] = [periodRange(asked.start, asked.end), periodRange(given ? start : asked.start, end)]
  if (!wide || !narrow || narrow[0] < wide[0] || narrow[1] > wide[1] || narrow[1] <= now.getTime()) {
    throw beyond('Task.output')
  }
  return { starts: start, ends: end }
}

function mustBeSome<T>(documents: readonly T[] | undefined): readonly T[] | undefined {
  if (documents?.length !== 0) return documents
  throw new FhirError('unprocessable', 'No document is meant by this; there is nothing to grant.', {
    expression: 'Task.input',
  })
}

function beyond(expression: string): FhirError {
  return new FhirError('unprocessable', 'What is granted may not go beyond what was asked for.', { expression })
}
