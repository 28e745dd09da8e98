import type { Provision } from '../access/consent-rules.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { concept, type OwnCodes } from './codes.ts'

/** How long a share lasts when nobody says. */
export const shareDays = 30

interface Share {
  /** `Patient/1` and so on. */
  patient: string
  performer: string
  recipient: string
  documents: readonly string[]
  source: string
  starts: Date
  ends: Date
}

/**
 * A disclosure for treatment, made by a doctor or the office without an act of the patient: no consent in the sense of
 * IHE's Privacy Consent, and so named by its own profile and legal basis.
 */
export function treatmentShareGrant(share: Share, codes: OwnCodes): Resource {
  return {
    resourceType: 'Consent',
    meta: { profile: [codes.shareGrant] },
    // R4 lets `source[x]` name no Communication, so that the message is the identifier by which its grants are found.
    identifier: [{ system: codes.shareSource, value: share.source }],
    status: 'active',
    scope: concept('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [concept('http://loinc.org', '59284-0')],
    patient: { reference: share.patient },
    dateTime: share.starts.toISOString(),
    performer: [{ reference: share.performer }],
    policyRule: codes.legalBasis('treatment', 'Disclosure for treatment'),
    provision: {
      type: 'permit',
      period: { start: share.starts.toISOString(), end: share.ends.toISOString() },
      actor: [
        {
          role: concept('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'),
          reference: { reference: share.recipient },
        },
      ],
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
      data: share.documents.map((reference) => ({ meaning: 'instance', reference: { reference } })),
    },
  }
}

/**
 * What a doctor may grant alone: single documents, to single persons. Whole records are the patient's and the office's to
 * give. Answers the documents.
 */
export function sharedDocuments(consent: Resource, base: string): { id: string; path: string }[] {
  const provision = (consent['provision'] ?? {}) as Provision & Record<string, unknown>
  if (provision.type !== 'permit') throw refused('must permit', 'Consent.provision.type')
  for (const element of ['provision', 'class', 'code', 'dataPeriod']) {
    if (provision[element] !== undefined) throw refused('cannot be limited like this', `Consent.provision.${element}`)
  }
  const actors = provision.actor ?? []
  if (actors.length === 0) throw refused('needs a recipient', 'Consent.provision.actor')
  for (const [n, { reference }] of actors.entries()) {
    const type = localReference(reference?.reference ?? '', base)?.type
    if (type === 'Practitioner' || type === 'Patient') continue
    throw refused('goes to single persons', `Consent.provision.actor[${n}].reference`)
  }
  const data = provision.data ?? []
  if (data.length === 0) throw refused('names single documents, never a whole record', 'Consent.provision.data')
  return data.map(({ meaning, reference }, n) => {
    const path = `Consent.provision.data[${n}]`
    if (meaning !== 'instance') throw refused('names single documents: "instance"', `${path}.meaning`)
    const target = localReference((reference as Reference | undefined)?.reference ?? '', base)
    if (target?.type !== 'DocumentReference') throw refused('names documents', `${path}.reference`)
    return { id: target.id, path: `${path}.reference` }
  })
}

function refused(rule: string, expression: string): FhirError {
  return new FhirError('unprocessable', `A share that a doctor grants ${rule}.`, { expression })
}
