import type { Coding, Resource } from '../../fhir/resource.ts'
import type { TrailRow } from '../../store/audit-trail-rows.ts'
import {
  actReason,
  applicationServer,
  auditProfile,
  dicom,
  entityType,
  oauthUser,
  objectRole,
  participation,
  requestIdEntity,
  rest,
  restful,
  roleClass,
} from './audit-codes.ts'
import { type AuditKind, kindOf } from './audit-kinds.ts'
import { decisionEvent, isDecision } from './consent-decision.ts'
import { disclosureEvents } from './disclosure.ts'

export interface Faced {
  /** The FHIR base URL, without a trailing slash. */
  readonly base: string
  /** Who issues the tokens, of whom the account is a subject. */
  readonly issuer: string
  /** `Patient/1`, whom this event is about. */
  readonly patient?: string | undefined
  /**
   * Whom the caller asked about without being shown anything of: told to the patient and to the office. The caller must not find
   * it among his own actions, or it would tell him whose the record is that he was refused; so he is named, but not referred to.
   */
  readonly unseen?: boolean
}

/** All events of a row about one patient or none: a disclosure has two of its own. */
export function auditEvents(row: TrailRow, faced: Faced): Resource[] {
  const { patient, base, unseen } = faced
  if (patient !== undefined && !unseen && isDecision(row))
    return [decisionEvent(row, { patient, base }, common(row, faced))]
  const event = auditEvent(row, faced)
  if (patient === undefined || unseen) return [event]
  return [event, ...disclosureEvents(row, { patient, base }, common(row, faced))]
}

/**
 * One row of the trail as an AuditEvent, about one patient or none. The row is the truth, and the event is its face.
 *
 * https://hl7.org/fhir/R4/auditevent.html and https://profiles.ihe.net/ITI/BALP/
 */
function auditEvent(row: TrailRow, faced: Faced): Resource {
  const security = row.detail?.['type']
  return typeof security === 'string' ? securityEvent(row, faced, security) : restEvent(row, faced)
}

function restEvent(row: TrailRow, faced: Faced): Resource {
  const kind = kindOf(row.interaction)
  const entities = [
    ...dataEntity(row, kind),
    ...queryEntity(row, kind),
    ...patientEntity(faced),
    { what: { identifier: { value: row.requestId } }, type: requestIdEntity },
  ]
  const profiles = row.outcome === 'success' ? profilesOf(row, faced, kind) : []
  return {
    resourceType: 'AuditEvent',
    ...(profiles.length > 0 ? { meta: { profile: profiles } } : {}),
    type: rest,
    subtype: [restful(row.interaction)],
    action: kind.action,
    ...common(row, faced),
    agent: agents(row, faced, kind),
    entity: entities,
  }
}

/** Sign-ins, tokens, apps and credentials, with the DICOM codes that the row brings. */
function securityEvent(row: TrailRow, faced: Faced, code: string): Resource {
  const { type, subtype, ...more } = row.detail ?? {}
  const kind: AuditKind = { ...kindOf(''), client: dicom('110150'), server: dicom('110152') }
  const detail = Object.entries(more).map(([name, value]) => ({ type: name, valueString: [value].flat().join(' ') }))
  return {
    resourceType: 'AuditEvent',
    type: dicom(code),
    ...(typeof subtype === 'string' ? { subtype: [dicom(subtype)] } : {}),
    action: 'E',
    ...common(row, faced),
    agent: agents(row, faced, kind),
    entity: [
      { type: entityType('2'), name: row.interaction, ...(detail.length > 0 ? { detail } : {}) },
      ...patientEntity(faced),
      { what: { identifier: { value: row.requestId } }, type: requestIdEntity },
    ],
  }
}

const outcomes = { success: '0', refused: '4', failed: '8' } as const

function common(row: TrailRow, { base }: Faced) {
  return {
    recorded: new Date(row.at).toISOString(),
    outcome: outcomes[row.outcome],
    ...(row.outcome === 'success' ? {} : { outcomeDesc: `HTTP status ${row.status}` }),
    source: { site: new URL(base).host, observer: server(base), type: [applicationServer] },
  }
}

function server(base: string) {
  return { identifier: { system: 'urn:ietf:rfc:3986', value: base }, display: 'Chartshare' }
}

/** What somebody is to the records by the kind of his own. https://terminology.hl7.org/CodeSystem-v3-RoleClass.html */
function roleOf(person: string): Coding {
  return roleClass(person === 'Patient' ? 'PAT' : person === 'RelatedPerson' ? 'PRS' : 'PROV')
}

/** What for, where the kind of person says it: who is of the staff may treat, or keep records. */
const reasons: Readonly<Record<string, Coding>> = { Patient: actReason('PATRQT'), RelatedPerson: actReason('FAMRQT') }

function agents(row: TrailRow, faced: Faced, kind: AuditKind) {
  const { base, issuer, unseen } = faced
  const { clientId, ip, accountId, person, token } = row
  const isPerson = accountId !== null || person !== null
  const isData = typeof row.detail?.['type'] !== 'string'
  const [type] = person?.split('/') ?? []
  const concealed = person === null ? {} : { display: person }
  return [
    {
      type: concept(kind.client),
      who: { identifier: { value: clientId }, display: clientId },
      requestor: !isPerson,
      network: ip === null ? { address: base, type: '5' } : { address: ip, type: '2' },
    },
    { type: concept(kind.server), who: server(base), requestor: false, network: { address: base, type: '5' } },
    ...(isPerson
      ? [
          {
            type: concept(participation(kind.user), ...(token === null ? [] : [oauthUser])),
            who: {
              ...(person === null || unseen ? concealed : { reference: person }),
              ...(type === undefined ? {} : { type }),
              ...(accountId === null ? {} : { identifier: { system: issuer, value: accountId } }),
            },
            ...(type === undefined ? {} : { role: [concept(roleOf(type))] }),
            requestor: true,
            ...(token === null ? {} : { policy: [token] }),
            ...(isData && reasons[type ?? ''] ? { purposeOfUse: [concept(reasons[type ?? '']!)] } : {}),
          },
        ]
      : []),
  ]
}

/** A version is a part of the truth, and no part of what is searched for. */
function dataEntity({ type, id, version, interaction }: TrailRow, { profile }: AuditKind) {
  if (type === null || id === null || profile === 'Query') return []
  const detail = version === null ? {} : { detail: [{ type: 'version', valueString: String(version) }] }
  const role = interaction !== 'delete' && (type === 'DocumentReference' || type === 'Binary') ? '3' : '4'
  return [{ what: { reference: `${type}/${id}` }, type: entityType('2'), role: objectRole(role), ...detail }]
}

/** The exact request, as it was sent. */
function queryEntity({ query, detail, type }: TrailRow, { profile, action }: AuditKind) {
  const operation = detail?.['operation']
  const asked =
    query ?? (typeof operation === 'string' ? `${type ?? ''}$${operation}` : profile === 'Query' ? '' : null)
  if (asked === null || (action !== 'E' && profile !== undefined)) return []
  return [{ type: entityType('2'), role: objectRole('24'), query: Buffer.from(asked).toString('base64') }]
}

function patientEntity({ patient }: Faced) {
  if (patient === undefined) return []
  return [{ what: { reference: patient }, type: entityType('1'), role: objectRole('1') }]
}

/** What the event keeps to the letter; "outcome 0" is a part of each profile. */
function profilesOf(row: TrailRow, { patient }: Faced, { profile }: AuditKind): string[] {
  const told = profile !== undefined && (profile === 'Query' || (row.type !== null && row.id !== null))
  const named = told ? [auditProfile(`${patient === undefined ? '' : 'Patient'}${profile}`)] : []
  const isPerson = row.accountId !== null || row.person !== null
  return row.token !== null && isPerson ? [...named, auditProfile('OAUTHaccessTokenUse.Opaque')] : named
}

function concept(...coding: Coding[]) {
  return { coding }
}
