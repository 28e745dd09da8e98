import { periodRange } from '../fhir/date-time.ts'
import { localReference } from '../fhir/reference.ts'
import type { Coding, Reference, Resource } from '../fhir/resource.ts'
import { labelBits } from '../search/label-bits.ts'
import { hasCode } from './elements.ts'
import { namedBy } from './labels.ts'
import { obligationsOf } from './obligations.ts'
import { purposesOf } from './purposes.ts'
import { authorTypes, relatable } from './record-parts.ts'

/** https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision */
export interface Provision {
  type?: string
  period?: { start?: string; end?: string }
  actor?: { role?: { coding?: Coding[] }; reference?: Reference }[]
  action?: { coding?: Coding[] }[]
  securityLabel?: Coding[]
  purpose?: Coding[]
  class?: Coding[]
  code?: { coding?: Coding[] }[]
  dataPeriod?: { start?: string; end?: string }
  data?: { meaning?: string; reference?: Reference }[]
  provision?: Provision[]
  extension?: { url?: string; valueCode?: string }[]
}

/** What one provision says, with what it inherits; names are like `Practitioner/1`. */
export interface ConsentRule {
  readonly type: 'permit' | 'deny'
  /** Whether it is an exception to the rule of its Consent; an exception that permits lifts what its rule denies. */
  readonly exception: boolean
  readonly patient: string
  readonly actors: readonly string[] | 'everybody'
  /** Bits (purposes.ts); 0 for any. */
  readonly purposes: number
  /** Bits (labels.ts). */
  readonly labels: number
  /** Epoch ms, [starts, ends). */
  readonly starts: number
  readonly ends: number
  /** Of which data it speaks: the whole record, one resource, what belongs to something, what somebody wrote. */
  readonly part: { readonly meaning: 'whole' } | { readonly meaning: Meaning; readonly name: string }
  /** When the data is from, [lo, hi). */
  readonly dataPeriod: readonly [number, number] | undefined
  readonly obligations: number
}

export type Meaning = 'instance' | 'related' | 'authoredby'

/** What an active Consent says. */
export interface ConsentRules {
  readonly rules: readonly ConsentRule[]
  /**
   * The patient's own rule for everybody who treats him, which limits them to a part of the record: it takes the place of what
   * the hospital allows. "Nothing BUT the information authored in that timeframe is allowed."
   */
  readonly overarching: ConsentRule | undefined
}

const actorTypes = ['Practitioner', 'PractitionerRole', 'Organization', 'Patient', 'RelatedPerson']
const recipientRoles = ['IRCP', 'PRCP']
const readingActions = ['access', 'use', 'disclose']

/**
 * The rules of a Consent: none unless it is active. A permit never gives more than its words: one that is limited in a way that
 * is not understood here gives nothing. A deny never takes less: such limits, and actors that are not known here, widen it.
 */
export function consentRules(consent: Resource, base: string): ConsentRules {
  const patient = nameOf(consent['patient'] as Reference | undefined, base)
  const root = consent['provision'] as Provision | undefined
  if (consent['status'] !== 'active' || !patient?.startsWith('Patient/') || !root) return nothing
  const frame: Frame = { patient, base, obligations: obligationsOf(consent as Provision), exception: false }
  const own = rulesOf(root, frame)
  const exceptions = exceptionsOf(root, { ...frame, obligations: frame.obligations | obligationsOf(root) }, true)
  return { rules: [...own, ...exceptions], overarching: overarching(root, frame) }
}

const nothing: ConsentRules = { rules: [], overarching: undefined }

interface Frame {
  readonly patient: string
  readonly base: string
  readonly obligations: number
  readonly exception: boolean
}

/** "Exceptions within this rule" inherit what they do not say themselves; what is nested deeper can only deny. */
function exceptionsOf(parent: Provision, frame: Frame, mayPermit: boolean): ConsentRule[] {
  const { type: _type, provision = [], extension: _extension, ...inherited } = parent
  const { securityLabel: _label, ...unlabelled } = inherited
  return provision.flatMap((one) => {
    const whole = { ...(one.type === 'deny' ? unlabelled : inherited), ...one }
    const { provision: _deeper, ...alone } = whole
    const here = { ...frame, exception: true, obligations: frame.obligations | obligationsOf(one) }
    const own = one.type === 'deny' || mayPermit ? rulesOf(alone, here) : []
    return [...own, ...exceptionsOf(whole, here, false)]
  })
}

function rulesOf(provision: Provision, outer: Frame): ConsentRule[] {
  const frame = { ...outer, obligations: outer.obligations | obligationsOf(provision) }
  if (provision.type === 'permit') return permits(provision, frame)
  return provision.type === 'deny' ? denies(provision, frame) : []
}

function permits(provision: Provision, frame: Frame): ConsentRule[] {
  const { class: classes, code, action, purpose, securityLabel, data, dataPeriod } = provision
  const period = rangeOf(provision.period)
  const dated = dataPeriod ? rangeOf(dataPeriod) : undefined
  const forReading = action?.some((one) => readingActions.some((reading) => hasCode(one, reading))) ?? true
  const purposes = purpose ? purposesOf(purpose).mask : 0
  if (classes || code || !period || !forReading || (purpose && purposes === 0)) return []
  if (dataPeriod && !dated) return []
  const actors = permitted(provision, frame.base)
  if (actors.length === 0) return []
  const parts = data ? data.flatMap((one) => partOf(one, frame.base) ?? []) : [whole]
  return parts.map((part) => ({
    ...common('permit', frame, period),
    ...{ actors, purposes, part, dataPeriod: dated },
    // Who is given one resource by its name is given it as it is; of a whole record, what has no label.
    labels: securityLabel
      ? namedBy(securityLabel).mask
      : part.meaning === 'instance'
        ? labelBits.any
        : labelBits.normal,
  }))
}

function denies(provision: Provision, frame: Frame): ConsentRule[] {
  const { purpose = [], securityLabel = [], data = [], dataPeriod, actor = [] } = provision
  const purposes = purposesOf(purpose)
  const labels = namedBy(securityLabel)
  const found = data.map((one) => partOf(one, frame.base))
  const parts = found.length === 0 || found.includes(undefined) ? [whole] : (found as ConsentRule['part'][])
  const names = actor.map(({ reference }) => actorIn(reference, frame.base))
  const actors = names.length === 0 || names.includes(undefined) ? 'everybody' : (names as string[])
  return parts.map((part) => ({
    ...common('deny', frame, rangeOf(provision.period) ?? always),
    ...{ actors, part, dataPeriod: dataPeriod ? rangeOf(dataPeriod) : undefined },
    purposes: purposes.unknown ? 0 : purposes.mask,
    labels: labels.unknown || securityLabel.length === 0 ? labelBits.any : labels.mask,
  }))
}

function overarching(root: Provision, frame: Frame): ConsentRule | undefined {
  if (root.type !== 'permit' || root.actor) return undefined
  const { data, dataPeriod, class: classes, code, action, securityLabel } = root
  const unlabelled = securityLabel ? (namedBy(securityLabel).mask & labelBits.normal) !== 0 : true
  if (!data && !dataPeriod && !classes && !code && !action && unlabelled) return undefined
  const period = rangeOf(root.period)
  const purposes = root.purpose ? purposesOf(root.purpose).mask : 0
  if (!period || (root.purpose && purposes === 0)) return undefined
  const all = { actors: 'everybody', part: whole, dataPeriod: undefined, labels: labelBits.any } as const
  return { ...common('permit', frame, period), ...all, purposes }
}

function common(
  type: ConsentRule['type'],
  { patient, exception, obligations }: Frame,
  [starts, ends]: readonly [number, number],
) {
  return { type, exception, patient, obligations, starts, ends }
}

const whole = { meaning: 'whole' } as const
const always = [0, Number.MAX_SAFE_INTEGER] as const

/** Undefined when it cannot be read, or ends before it starts. */
function rangeOf(given: { start?: string; end?: string } | undefined): readonly [number, number] | undefined {
  if (given?.start === undefined && given?.end === undefined) return always
  const range = periodRange(given.start, given.end)
  if (!range) return undefined
  const starts = Math.max(range[0], -always[1])
  const ends = Math.min(range[1], always[1])
  return starts < ends ? [starts, ends] : undefined
}

/** Without an actor a permit is for everybody who treats the patient. */
function permitted({ actor }: Provision, base: string): readonly string[] | 'everybody' {
  if (!actor) return 'everybody'
  return actor
    .filter(({ role }) => role === undefined || recipientRoles.some((code) => hasCode(role, code)))
    .flatMap(({ reference }) => actorIn(reference, base) ?? [])
}

function actorIn(reference: Reference | undefined, base: string): string | undefined {
  return nameOf(reference, base, actorTypes)
}

function partOf(
  { meaning, reference }: NonNullable<Provision['data']>[number],
  base: string,
): Extract<ConsentRule['part'], { name: string }> | undefined {
  const types = meaning === 'related' ? relatable : meaning === 'authoredby' ? authorTypes : undefined
  const name = nameOf(reference, base, types)
  if (name === undefined || (meaning !== 'instance' && meaning !== 'related' && meaning !== 'authoredby'))
    return undefined
  return { meaning, name }
}

function nameOf(reference: Reference | undefined, base: string, types?: readonly string[]): string | undefined {
  const target = localReference(reference?.reference ?? '', base)
  return target && (types?.includes(target.type) ?? true) ? `${target.type}/${target.id}` : undefined
}
