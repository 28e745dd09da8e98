import type { Provision } from '../access/consent-rules.ts'
import { changedElements } from '../access/elements.ts'
import type { Facts } from '../access/facts.ts'
import type { Context, Principal } from '../access/principal.ts'
import { periodRange } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import { compileGrants } from './compile-grants.ts'
import { type Giver, longestShare, refuseWords } from './consent-words.ts'
import { isImport } from './import.ts'
import { isAuthor, isOffice } from './may-share.ts'
import { shareDays, sharedDocuments } from './treatment-share-grant.ts'

interface Parts {
  base: string
  factsOf: (resource: Resource) => Facts
}

/**
 * Every Consent is enforced from the moment it is written: its provisions become rows of `access_grant` in the same
 * transaction. What may be granted depends on who grants.
 */
export function consentGrants({ base, factsOf }: Parts): Rule {
  return { type: 'Consent', before, after }

  async function before(change: Change): Promise<Resource | undefined> {
    const { context, kind, before: stored, after: consent } = change
    // What only ends is never in anybody's way.
    if (!consent || isImport(change) || (stored && onlyEnds(stored, consent))) return undefined
    refuseWords(consent, giverOf(context.principal))
    if (kind !== 'create') return undefined
    const given = completed(consent, context)
    if (!isDoctorAlone(context.principal)) return given
    sharedDocuments(given, base)
    return withEnd(given, context.now)
  }

  async function after(change: Change, work: Work): Promise<void> {
    const { context, kind, identity, before: stored, after: consent } = change
    if (consent && !isImport(change) && !(stored && onlyEnds(stored, consent))) await refuseOthersData(consent, work)
    if (consent && kind === 'create' && isDoctorAlone(context.principal)) await refuseForeign(consent, context, work)
    const grants = consent ? compileGrants(consent, { ridOf: work.ridOf, base }) : []
    if (kind !== 'create' || grants.length > 0) await work.grants(identity, grants)
  }

  /** A doctor shares what he wrote, about the patient whom the Consent names. */
  async function refuseForeign(consent: Resource, { principal }: Context, work: Work): Promise<void> {
    const patient = nameOf(consent['patient'] as Reference | undefined)
    for (const { id, path } of sharedDocuments(consent, base)) {
      const document = await work.read('DocumentReference', id)
      if (!document || !isAuthor(document, principal, base)) {
        throw new FhirError('forbidden', 'You may share the documents that you wrote.', { expression: path })
      }
      if (patient !== undefined && nameOf(document['subject'] as Reference | undefined) === patient) continue
      throw new FhirError('unprocessable', 'The document is about another patient.', { expression: path })
    }
  }

  /** A Consent is about the data of its own patient. */
  async function refuseOthersData(consent: Resource, work: Work): Promise<void> {
    const patient = nameOf(consent['patient'] as Reference | undefined)
    for (const { name, path } of instancesIn(consent['provision'] as Provision | undefined, 'Consent.provision')) {
      const [type = '', id = ''] = name.split('/')
      const resource = await work.read(type, id)
      if (!resource || factsOf(resource).patient === patient) continue
      throw new FhirError('unprocessable', 'This is the data of another patient.', { expression: path })
    }
  }

  function instancesIn(provision: Provision | undefined, path: string): { name: string; path: string }[] {
    const { data = [], provision: exceptions = [] } = provision ?? {}
    const own = data.flatMap(({ meaning, reference }, n) => {
      const name = meaning === 'instance' ? nameOf(reference) : undefined
      return name === undefined ? [] : [{ name, path: `${path}.data[${n}].reference` }]
    })
    return [...own, ...exceptions.flatMap((one, n) => instancesIn(one, `${path}.provision[${n}]`))]
  }

  function nameOf(reference: Reference | undefined): string | undefined {
    const target = localReference(reference?.reference ?? '', base)
    return target && `${target.type}/${target.id}`
  }
}

function onlyEnds(stored: Resource, consent: Resource): boolean {
  return consent['status'] !== 'active' && changedElements(stored, consent).every((element) => element === 'status')
}

function giverOf(principal: Principal): Giver {
  if (isOffice(principal)) return 'office'
  return principal.person?.type === 'Practitioner' ? 'doctor' : 'patient'
}

/** Neither the office nor a patient. */
function isDoctorAlone(principal: Principal): boolean {
  return principal.person?.type === 'Practitioner' && !isOffice(principal)
}

/** Who gives it, when and, for a patient, about whom: what was not said is known. */
function completed(consent: Resource, { principal: { person }, now }: Context): Resource {
  const known: Record<string, unknown> = {
    dateTime: now.toISOString(),
    ...(person ? { performer: [{ reference: `${person.type}/${person.id}` }] } : {}),
    ...(person?.type === 'Patient' ? { patient: { reference: `Patient/${person.id}` } } : {}),
  }
  const added = Object.entries(known).filter(([element]) => consent[element] === undefined)
  return { ...consent, ...Object.fromEntries(added) }
}

function withEnd(consent: Resource, now: Date): Resource {
  const provision = consent['provision'] as Provision
  const { start, end: given } = provision.period ?? {}
  if (given !== undefined) {
    const [, ends] = periodRange(start, given) ?? [0, Infinity]
    if (ends <= now.getTime() + (longestShare + 1) * 86_400_000) return consent
    const text = `A share that a doctor grants lasts ${longestShare} days at most.`
    throw new FhirError('unprocessable', text, { expression: 'Consent.provision.period.end' })
  }
  const end = new Date(now.getTime() + shareDays * 86_400_000).toISOString()
  return { ...consent, provision: { ...provision, period: { start: now.toISOString(), ...provision.period, end } } }
}
