import type { Provision } from '../access/consent-rules.ts'
import type { Context, Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import { compileGrants } from './compile-grants.ts'
import { isImport } from './import.ts'
import { isAuthor, isOffice } from './may-share.ts'
import { shareDays, sharedDocuments } from './treatment-share-grant.ts'

/**
 * Every Consent is enforced from the moment it is written: its provisions become rows of `access_grant` in the same
 * transaction. What may be granted depends on who grants.
 */
export function consentGrants({ base }: { base: string }): Rule {
  return { type: 'Consent', before, after }

  async function before(change: Change): Promise<Resource | undefined> {
    const { context, kind, after: consent } = change
    if (kind !== 'create' || !consent || isImport(change)) return undefined
    const given = completed(consent, context)
    if (!isDoctorAlone(context.principal)) return given
    sharedDocuments(given, base)
    return withEnd(given, context.now)
  }

  async function after({ context, kind, identity, after: consent }: Change, work: Work): Promise<void> {
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

  function nameOf(reference: Reference | undefined): string | undefined {
    const target = localReference(reference?.reference ?? '', base)
    return target && `${target.type}/${target.id}`
  }
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
  if (provision.period?.end !== undefined) return consent
  const end = new Date(now.getTime() + shareDays * 86_400_000).toISOString()
  return { ...consent, provision: { ...provision, period: { start: now.toISOString(), ...provision.period, end } } }
}
