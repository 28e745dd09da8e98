import type { Resource } from '../../fhir/resource.ts'
import type { TrailRow } from '../../store/audit-trail-rows.ts'
import type { AuditDetail } from '../../store/store.ts'
import {
  auditProfile,
  consentEntity,
  dicom,
  disclosed,
  entityType,
  objectRole,
  requestIdEntity,
} from './audit-codes.ts'

export interface Disclosure {
  /** `Practitioner/1`, who passes it on. */
  readonly source: string
  /** `Practitioner/1` */
  readonly recipient: string
  /** `DocumentReference/1` */
  readonly documents: readonly string[]
}

/** What the row of the grant's Consent holds of the disclosure: it needs no row of its own. */
export function disclosureDetail({ source, recipient, documents }: Disclosure): AuditDetail {
  return { discloser: source, recipient, documents }
}

function disclosureOf({ detail }: TrailRow): Disclosure | undefined {
  const { discloser, recipient, documents } = detail ?? {}
  if (typeof discloser !== 'string' || typeof recipient !== 'string' || !Array.isArray(documents)) return undefined
  return { source: discloser, recipient, documents: documents as string[] }
}

/** Both are on this server, so that the source and the recipient have an event each. */
const sides = {
  Source: { type: dicom('110106'), action: 'R', teller: 0 },
  Recipient: { type: dicom('110107'), action: 'C', teller: 1 },
} as const

/**
 * The two events of a disclosure, with what all events have in common; none where the row tells of no disclosure.
 *
 * https://profiles.ihe.net/ITI/BALP/content.html
 */
export function disclosureEvents(
  row: TrailRow,
  { patient, base }: { patient: string; base: string },
  common: { source: object },
): Resource[] {
  const given = disclosureOf(row)
  if (!given) return []
  const here = { address: base, type: '5' }
  const entity = [
    { what: { reference: patient }, type: entityType('1'), role: objectRole('1') },
    ...given.documents.map((reference) => ({ what: { reference }, type: entityType('2'), role: objectRole('3') })),
    { what: { reference: `Consent/${row.id}` }, type: consentEntity },
    { what: { identifier: { value: row.requestId } }, type: requestIdEntity },
  ]
  const treatment = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] }]
  const network = row.ip === null ? here : { address: row.ip, type: '2' }
  const agent = [
    { type: { coding: [dicom('110153')] }, who: { reference: given.source }, requestor: true, network },
    { type: { coding: [dicom('110152')] }, who: { reference: given.recipient }, requestor: false, network: here },
  ]
  // Each side tells its own event.
  return Object.entries(sides).map(([side, { teller, ...said }]) => ({
    resourceType: 'AuditEvent',
    meta: { profile: [auditProfile(`PrivacyDisclosure.${side}`)] },
    ...said,
    subtype: [disclosed],
    purposeOfEvent: treatment,
    ...common,
    source: { ...common.source, observer: agent[teller]!.who },
    agent,
    entity,
  }))
}
