import type { Coding, Resource } from '../fhir/resource.ts'
import { concept, type CodeableConcept, type OwnCodes } from './codes.ts'

export interface AccessGrant {
  patient: Resource
  /** `Practitioner/1` */
  recipient: string
  /** Who grants it, e.g. `Patient/1`; undefined: a rule of the hospital, or an office without a record of its own. */
  performer: string | undefined
  /** By name; undefined: the whole record. */
  documents: readonly string[] | undefined
  /** What of the record above normal confidentiality is granted as well. */
  labels: readonly Coding[]
  purpose: CodeableConcept
  source: string
  now: Date
  starts: string
  ends: string
}

/**
 * The Consent that an approval gives: the patient's own in the sense of IHE's Privacy Consent, else a disclosure for treatment,
 * named by its own profile and legal basis. A whole record that the office opens is neither.
 */
export function accessConsent(grant: AccessGrant, codes: OwnCodes): Resource {
  const { patient, performer, documents, labels } = grant
  const byPatient = performer?.startsWith('Patient/') === true
  const performers = performer === undefined ? [codes.recordsOffice] : [{ reference: performer }]
  const profile = byPatient ? [codes.patientConsent] : documents ? [codes.shareGrant] : undefined
  return {
    resourceType: 'Consent',
    ...(profile ? { meta: { profile } } : {}),
    // R4 lets `source[x]` name no Task, so that the request is the identifier by which its grant is found.
    identifier: [{ system: codes.shareSource, value: grant.source }],
    status: 'active',
    scope: concept('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [concept('http://loinc.org', '59284-0')],
    patient: { reference: `Patient/${patient.id}` },
    dateTime: grant.now.toISOString(),
    performer: performers,
    ...(byPatient
      ? {
          organization: [patient['managingOrganization'] ?? codes.recordsOffice],
          sourceAttachment: { title: `Access request ${grant.source}`, creation: grant.now.toISOString() },
          policy: [{ uri: codes.accessPolicy }],
        }
      : { policyRule: codes.legalBasis('treatment', 'Disclosure for treatment') }),
    provision: {
      type: 'permit',
      period: { start: grant.starts, end: grant.ends },
      actor: [
        {
          role: concept('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP'),
          reference: { reference: grant.recipient },
        },
      ],
      ...(labels.length > 0 && !documents ? { securityLabel: labels } : {}),
      purpose: (grant.purpose.coding ?? []).slice(0, 1),
      ...(documents ? { data: documents.map((reference) => ({ meaning: 'instance', reference: { reference } })) } : {}),
    },
  }
}
