import { everybody } from '../access/chart-rules.ts'
import { labelMasks, maskOf } from '../access/labels.ts'
import { periodRange } from '../fhir/date-time.ts'
import { localReference } from '../fhir/reference.ts'
import type { Coding, Reference, Resource } from '../fhir/resource.ts'
import type { Rid } from '../search/keys.ts'
import type { Grant } from '../store/store.ts'
import { codeOf, type CodeableConcept } from './codes.ts'

/** https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision */
export interface Provision {
  type?: string
  period?: { start?: string; end?: string }
  actor?: { role?: CodeableConcept; reference?: Reference }[]
  action?: CodeableConcept[]
  securityLabel?: Coding[]
  purpose?: Coding[]
  class?: Coding[]
  code?: CodeableConcept[]
  dataPeriod?: unknown
  data?: { meaning?: string; reference?: Reference }[]
  provision?: Provision[]
  extension?: { url?: string; valueCode?: string }[]
}

interface Parts {
  ridOf(type: string, id: string): Rid
  base: string
}

export const obligationBits: Readonly<Record<string, number>> = {
  'step-up': 1,
  'no-print': 2,
  'no-reshare': 4,
  'view-only': 8,
}

const people = ['Practitioner', 'Patient', 'RelatedPerson']
const recipientRoles = ['IRCP', 'PRCP']
const readingActions = ['access', 'use', 'disclose']

/**
 * The rows of `access_grant` that a Consent stands for: none unless it is active. A permit never gives more than its words:
 * one that is limited in a way that rows cannot hold gives nothing. A deny never takes less: such limits, and actors
 * without an account, widen it.
 */
export function compileGrants(consent: Resource, parts: Parts): Grant[] {
  const patient = localReference((consent['patient'] as Reference | undefined)?.reference ?? '', parts.base)
  if (consent['status'] !== 'active' || patient?.type !== 'Patient') return []
  const root = consent['provision'] as Provision | undefined
  const obligations = obligationsOf(consent as Provision)
  return root ? grantsOf(root, { pat: parts.ridOf('Patient', patient.id), obligations }, parts) : []
}

interface Frame {
  pat: Rid
  obligations: number
}

/** "Exceptions within this rule" inherit what they do not say themselves. */
function grantsOf(provision: Provision, frame: Frame, parts: Parts): Grant[] {
  const obligations = frame.obligations | obligationsOf(provision)
  const { type, provision: exceptions = [], extension: _extension, ...inherited } = provision
  const here = { ...frame, obligations }
  const own =
    type === 'permit' ? permits(provision, here, parts) : type === 'deny' ? denies(provision, here, parts) : []
  return [...own, ...exceptions.flatMap((exception) => grantsOf({ ...inherited, ...exception }, here, parts))]
}

function permits(provision: Provision, { pat, obligations }: Frame, parts: Parts): Grant[] {
  const { class: classes, code, dataPeriod, purpose, action, data, actor = [] } = provision
  const range = period(provision)
  const forReading = action?.some((one) => readingActions.includes(codeOf(one) ?? '')) ?? true
  const forTreatment = purpose?.some((one) => one.code === 'TREAT') ?? true
  if (classes || code || dataPeriod || !range || !forReading || !forTreatment) return []
  const grantees = actor
    .filter(({ role }) => role === undefined || recipientRoles.includes(codeOf(role) ?? ''))
    .flatMap(({ reference }) => personIn(reference, parts) ?? [])
  const named = maskOf(provision.securityLabel ?? [])
  const targets = data
    ? data
        .flatMap((one) => instanceIn(one, parts) ?? [])
        .map((target) => ({ ...target, labels: labelMasks.every as number }))
    : [{ type: 'Patient', rid: wholeRecord, labels: named }]
  return grantees.flatMap((grantee) =>
    targets.map((target) => ({ grantee, pat, ...target, effect: 'permit', ...range, obligations })),
  )
}

function denies(provision: Provision, { pat, obligations }: Frame, parts: Parts): Grant[] {
  const { data = [], actor = [] } = provision
  const found = actor.map(({ reference }) => personIn(reference, parts))
  const grantees = found.length === 0 || found.includes(undefined) ? [everybody] : (found as Rid[])
  const instances = data.map((one) => instanceIn(one, parts))
  const whole = { type: 'Patient', rid: wholeRecord }
  const targets = instances.length === 0 || instances.includes(undefined) ? [whole] : (instances as (typeof whole)[])
  const range = period(provision) ?? always
  return grantees.flatMap((grantee) =>
    targets.map((target) => ({
      grantee,
      pat,
      ...target,
      effect: 'deny',
      ...range,
      labels: labelMasks.every,
      obligations,
    })),
  )
}

const wholeRecord: Rid = 0n
const always = { starts: 0, ends: Number.MAX_SAFE_INTEGER }

/** Undefined when it cannot be read, or ends before it starts. */
function period({ period: given }: Provision): { starts: number; ends: number } | undefined {
  if (given?.start === undefined && given?.end === undefined) return always
  const range = periodRange(given.start, given.end)
  if (!range) return undefined
  const starts = Math.max(range[0], always.starts)
  const ends = Math.min(range[1], always.ends)
  return starts < ends ? { starts, ends } : undefined
}

function personIn(reference: Reference | undefined, { ridOf, base }: Parts): Rid | undefined {
  const target = localReference(reference?.reference ?? '', base)
  return target && people.includes(target.type) ? ridOf(target.type, target.id) : undefined
}

function instanceIn(
  { meaning, reference }: NonNullable<Provision['data']>[number],
  { ridOf, base }: Parts,
): { type: string; rid: Rid } | undefined {
  const target = localReference(reference?.reference ?? '', base)
  if (meaning !== 'instance' || !target) return undefined
  return { type: target.type, rid: ridOf(target.type, target.id) }
}

function obligationsOf({ extension = [] }: Pick<Provision, 'extension'>): number {
  return extension
    .filter(({ url }) => url?.endsWith('/StructureDefinition/grant-obligation'))
    .reduce((bits, { valueCode }) => bits | (obligationBits[valueCode ?? ''] ?? 0), 0)
}
