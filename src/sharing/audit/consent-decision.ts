import { localReference } from '../../fhir/reference.ts'
import type { Reference, Resource } from '../../fhir/resource.ts'
import { auditRow } from '../../interactions/audit-row.ts'
import type { Context } from '../../access/principal.ts'
import type { Work } from '../../interactions/rule.ts'
import type { TrailRow } from '../../store/audit-trail-rows.ts'
import {
  auditProfile,
  authServer,
  consentDecision,
  consentEntity,
  dicom,
  entityType,
  objectRole,
  participation,
  provider,
} from './audit-codes.ts'

export interface ConsentDecision {
  readonly decision: 'permit' | 'deny'
  /** `Consent/1`, which a permit makes; `Task/1`, which a denial ends. */
  readonly about: string
  /** The id of the patient. */
  readonly patient: string
  /** `Practitioner/1`, who asked. */
  readonly asker: string
  readonly task: string
  readonly policy?: string | undefined
  readonly base: string
}

/** Writes the line of the trail that tells of the decision, in its transaction. */
export async function recordDecision(decided: ConsentDecision, context: Context, work: Work): Promise<void> {
  const { decision, about, patient, asker, task, policy, base } = decided
  const [type, id] = about.split('/')
  const organization = await organizationOf(asker, work, base)
  const detail = { decision, task, asker, policy, organization }
  const version = decision === 'permit' ? 1 : undefined
  const touched = { type, id, version, patients: [work.ridOf('Patient', patient)], detail }
  await work.tx.resources.put([], [auditRow(context, 'authorize', touched, decision === 'permit' ? 200 : 403)])
}

async function organizationOf(asker: string, work: Work, base: string): Promise<string | undefined> {
  for (const role of await work.find('PractitionerRole', `practitioner=${asker}&active=true`)) {
    const target = localReference((role['organization'] as Reference | undefined)?.reference ?? '', base)
    if (target?.type === 'Organization') return `Organization/${target.id}`
  }
  return undefined
}

export function isDecision({ interaction, detail }: TrailRow): boolean {
  return interaction === 'authorize' && typeof detail?.['asker'] === 'string'
}

/**
 * The decision as an event of its own. Who was refused is named and not referred to, or the event would tell him about whom it
 * was that he asked. A denial made no Consent, and who works for no organization has none: such events claim no profile.
 *
 * https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.AuthZconsent.html
 */
export function decisionEvent(
  row: TrailRow,
  { patient, base }: { patient: string; base: string },
  common: { source: object },
): Resource {
  const { decision, asker, organization } = (row.detail ?? {}) as Record<string, string | undefined>
  const permits = decision === 'permit'
  const server = { identifier: { system: 'urn:ietf:rfc:3986', value: base }, display: 'Chartshare' }
  const here = row.ip === null ? { address: base, type: '5' } : { address: row.ip, type: '2' }
  const type = (coding: object) => ({ coding: [coding] })
  return {
    resourceType: 'AuditEvent',
    ...(permits && organization !== undefined ? { meta: { profile: [auditProfile('AuthZconsent')] } } : {}),
    type: dicom('110113'),
    subtype: [consentDecision],
    action: 'E',
    ...common,
    ...(permits ? {} : { outcomeDesc: 'The request was not granted.' }),
    agent: [
      {
        type: type(dicom('110150')),
        who: { identifier: { value: row.clientId }, display: row.clientId },
        requestor: false,
        network: here,
      },
      {
        type: type(participation('IRCP')),
        who: permits ? { reference: asker } : { type: 'Practitioner', display: asker },
        requestor: true,
      },
      ...(organization === undefined
        ? []
        : [{ type: type(provider), who: { reference: organization }, requestor: false }]),
      { type: type(authServer), who: server, requestor: false },
      ...(row.person === null
        ? []
        : [{ type: type(participation('AUT')), who: { reference: row.person }, requestor: false }]),
    ],
    entity: [
      { what: { reference: patient }, type: entityType('1'), role: objectRole('1') },
      ...(permits
        ? [{ what: { reference: `Consent/${row.id}` }, type: consentEntity }]
        : [{ what: { reference: `Task/${row.id}` }, type: entityType('2'), role: objectRole('20') }]),
    ],
  }
}
