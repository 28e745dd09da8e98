import type { Coding } from '../../fhir/resource.ts'
import { custodian, dicom } from './audit-codes.ts'

/** What an interaction is to an AuditEvent. */
export interface AuditKind {
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E'
  /** The name of the profile, where there is one; it has a twin for patients, `Patient…`. */
  readonly profile?: 'Create' | 'Read' | 'Update' | 'Delete' | 'Query'
  /** Which way the data went; mistaken as a rule: who reads is the destination, who searches is the source of the query. */
  readonly client: Coding
  readonly server: Coding
  /** IRCP receives information, AUT is the author of it. */
  readonly user: 'IRCP' | 'AUT'
}

const source = dicom('110153')
const destination = dicom('110152')
const application = dicom('110150')

const writes = { client: source, server: destination, user: 'AUT' } as const
const reads = { action: 'R', client: destination, server: source, user: 'IRCP' } as const
const queries = { action: 'E', client: source, server: destination, user: 'IRCP' } as const

/**
 * By the interaction's name in the trail. BALP profiles neither histories nor operations: they are told in the manner of what they
 * are like, and claim nothing.
 *
 * https://profiles.ihe.net/ITI/BALP/content.html#3-restful-activities
 */
const kinds: Readonly<Record<string, AuditKind>> = {
  create: { ...writes, action: 'C', profile: 'Create' },
  update: { ...writes, action: 'U', profile: 'Update' },
  patch: { ...writes, action: 'U', profile: 'Update' },
  delete: { action: 'D', profile: 'Delete', client: application, server: custodian, user: 'AUT' },
  read: { ...reads, profile: 'Read' },
  vread: { ...reads, profile: 'Read' },
  'history-instance': reads,
  'search-type': { ...queries, profile: 'Query' },
  'search-system': { ...queries, profile: 'Query' },
  'history-type': queries,
  'history-system': queries,
}

export function kindOf(interaction: string): AuditKind {
  return kinds[interaction] ?? queries
}
