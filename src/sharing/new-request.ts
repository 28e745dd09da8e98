import type { Context } from '../access/principal.ts'
import { periodRange } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { askerOf, nameOf, parametersOf } from './access-request.ts'
import { codeOf, type CodeableConcept, type OwnCodes } from './codes.ts'
import { wantedIn } from './request-scope.ts'

const longestDays = 90

/** What a doctor uses the server for. Tokens do not say it, so that a grant for anything else would open nothing. */
const purposes = ['TREAT']

/** What is written by the server, and would decide if a doctor wrote it. */
const notAsked = ['output', 'basedOn', 'partOf'] as const

/**
 * A request that is sent: complete, and owned by the records office until it is routed. Nothing is looked up here, so that the
 * answer, and the work for it, say nothing about a patient who is named by an identifier.
 */
export function submitted(task: Resource, { now }: Context, codes: OwnCodes, base: string): Resource {
  mustBeAboutOne(task)
  wantedIn(parametersOf(task, 'input', 'scope'), 'Task.input', base)
  mustBeForTreatment(task['reasonCode'])
  mustEnd(task, now)
  mustBeForAsker(task, base)
  const profile = [...new Set([...(task.meta?.profile ?? []), codes.accessRequest])]
  const at = now.toISOString()
  return {
    ...task,
    meta: { ...task.meta, profile },
    owner: codes.recordsOffice,
    authoredOn: at,
    lastModified: at,
  }
}

/** Drafts included: what was let in here would be taken for the server's own words later. */
export function mustOnlyAsk(task: Resource): void {
  const element = notAsked.find((name) => task[name] !== undefined)
  if (element) throw refused(`Task.${element} is not for who asks to say.`, `Task.${element}`)
}

function mustBeAboutOne(task: Resource): void {
  const identifiers = parametersOf(task, 'input', 'patient-identifier')
  if (task['for'] === undefined && identifiers.length === 1) {
    const { system, value } = (identifiers[0]!['valueIdentifier'] ?? {}) as { system?: string; value?: string }
    if (system !== undefined && value !== undefined) return
    throw refused('The identifier of a patient has a system and a value.', 'Task.input')
  }
  if (task['for'] !== undefined && identifiers.length === 0) return
  throw refused('A request is about one patient: "for", or one input "patient-identifier".', 'Task.for')
}

function mustBeForTreatment(reason: unknown): void {
  if (purposes.includes(codeOf(reason as CodeableConcept | undefined) ?? '')) return
  throw refused(`Access is asked for one of these purposes: ${purposes.join(', ')}.`, 'Task.reasonCode')
}

function mustEnd(task: Resource, now: Date): void {
  const expression = 'Task.restriction.period'
  const { period } = (task['restriction'] ?? {}) as { period?: { start?: string; end?: string } }
  const range = period?.end === undefined ? undefined : periodRange(period.start, period.end)
  if (!range || range[0] >= range[1]) throw refused('A request says until when access is wanted.', expression)
  if (range[1] <= now.getTime()) throw refused('The period is over already.', expression)
  if (range[1] <= now.getTime() + longestDays * 86_400_000) return
  throw refused(`Access is asked for ${longestDays} days at most.`, expression)
}

function mustBeForAsker(task: Resource, base: string): void {
  const { recipient = [] } = (task['restriction'] ?? {}) as { recipient?: Reference[] }
  if (recipient.every((one) => nameOf(one, base) === askerOf(task, base))) return
  throw refused('Access is for who asks.', 'Task.restriction.recipient')
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('unprocessable', text, { expression })
}
