import type { Coding } from '../fhir/resource.ts'

export interface CodeableConcept {
  coding?: Coding[]
  text?: string
}

/** Where the profiles in `fhir-profiles/chartshare` have their canonical URLs, which are the same on every server. */
const profiles = 'https://chartshare.example/fhir/StructureDefinition'

/** Codes of this server's own, below its base URL. */
export function ownCodes(base: string) {
  const own = (name: string) => (code: string, display?: string) => concept(`${base}/CodeSystem/${name}`, code, display)
  return {
    /** `practitioner-approval`, `practitioner-suspension`, `access-request` */
    task: own('task'),
    /** `pending`, `in-review`, `info-requested`, `first-approval`, `accepted`, `rejected`, `cancelled`, `suspended` */
    approvalState: own('approval-state'),
    /** `patient-upload`, `credential` */
    documentCategory: own('document-category'),
    legalBasis: own('legal-basis'),
    licenceType: concept('http://terminology.hl7.org/CodeSystem/v2-0203', 'MD', 'Medical License number'),
    licence: `${base}/NamingSystem/licence`,
    /** The numbers that this server gives its patients. */
    patientNumber: `${base}/mrn`,
    readReceipt: `${profiles}/read-receipt`,
    /** The tag of a message for each recipient who has not read it. */
    unread: `${base}/CodeSystem/unread`,
    /** `scope`, `patient-identifier`; `granted`, `granted-period`, `grant` */
    taskParameter: own('task-parameter'),
    /** `awaiting-info`, `unknown-patient`, `expired` */
    requestState: own('access-request-state'),
    /** `authorize` */
    activity: own('provenance-activity'),
    /** Who decides on requests where no single person does: a queue, not an Organization with a record. */
    recordsOffice: {
      type: 'Organization',
      identifier: { system: `${base}/NamingSystem/queue`, value: 'records-office' },
      display: 'Records office',
    },
    accessPolicy: `${base}/policy/access-request`,
    accessRequest: `${profiles}/access-request`,
    patientConsent: `${profiles}/patient-share-consent`,
    shareGrant: `${profiles}/treatment-share-grant`,
    /** Whose value names the message that a grant came with. */
    shareSource: `${base}/NamingSystem/share-source`,
    operation: (name: string) => `${base}/OperationDefinition/${name}`,
  }
}

export type OwnCodes = ReturnType<typeof ownCodes>

export function concept(system: string, code: string, display?: string): CodeableConcept {
  return { coding: [{ system, code, ...(display === undefined ? {} : { display }) }] }
}

export function codeOf(value: unknown): string | undefined {
  return (value as CodeableConcept | undefined)?.coding?.find(({ code }) => code !== undefined)?.code
}
