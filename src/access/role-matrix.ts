import type { Role } from './principal.ts'
import type { ResourceClass } from './resource-class.ts'
import type { RowRule } from './row-rules.ts'

/** `system`: a backend client, by its scopes alone. A person has all columns of the account's roles. */
export type Column = Role | 'system'

/** C create, R read, U update, D delete, S search, on the rows of a rule. What stands in no cell is refused. */
export type Permission = readonly [actions: string, rows: RowRule]

export type Line = Readonly<Partial<Record<Column, readonly Permission[]>>>

/** What everybody who is signed in may look up. */
const lookedUp: Line = {
  'records-office': [['RS', 'all']],
  'privacy-officer': [['RS', 'all']],
  practitioner: [['RS', 'all']],
  patient: [['RS', 'all']],
  proxy: [['RS', 'all']],
}

const administered: Line = { admin: [['CRUDS', 'all']], system: [['CRUDS', 'all']] }

/** Mail is read by those who write to each other; nobody deletes it. Administrators create what they import. */
const correspondent: readonly Permission[] = [
  ['C', 'all'],
  ['RS', 'mailbox'],
  ['U', 'sent'],
]

/**
 * Who may do what: design by role and class of resource. The rules are in row-rules.ts; what a write may contain, beyond
 * the rows that it may touch, is in judge.ts.
 */
export const roleMatrix: Readonly<Record<ResourceClass, Line>> = {
  practitioner: {
    ...administered,
    ...lookedUp,
    practitioner: [
      ['RS', 'all'],
      ['U', 'self'],
    ],
  },
  practitionerRole: { ...administered, ...lookedUp },
  knowledge: { ...administered, ...lookedUp },
  outside: administered,

  patient: {
    ...administered,
    'records-office': [['CRUS', 'all']],
    practitioner: [
      ['C', 'all'],
      ['RS', 'treated'],
    ],
    patient: [['RS', 'own']],
    proxy: [['RS', 'proxied']],
  },
  relation: {
    ...administered,
    'records-office': [['RS', 'all']],
    practitioner: [['RS', 'charted']],
    patient: [['RS', 'own']],
    proxy: [['RS', 'proxied']],
  },
  clinical: {
    ...administered,
    'records-office': [['CRUS', 'all']],
    practitioner: [
      ['C', 'all'],
      ['RS', 'charted'],
      ['U', 'authored'],
    ],
    patient: [['RS', 'own']],
    proxy: [['RS', 'proxied']],
  },
  document: {
    ...administered,
    'records-office': [['CRUS', 'all']],
    practitioner: [
      ['C', 'all'],
      ['RS', 'documented'],
      ['U', 'authored'],
    ],
    patient: [
      ['C', 'all'],
      ['RS', 'own'],
    ],
    proxy: [['RS', 'proxied']],
  },
  binary: {
    admin: [
      ['C', 'all'],
      ['RUDS', 'unrestrictedContent'],
    ],
    'records-office': [
      ['C', 'all'],
      ['RUDS', 'unrestrictedContent'],
    ],
    practitioner: [
      ['C', 'all'],
      ['RS', 'documentedContent'],
      ['UD', 'authoredContent'],
    ],
    patient: [
      ['C', 'all'],
      ['RS', 'ownContent'],
      ['UD', 'upload'],
    ],
    proxy: [['RS', 'proxiedContent']],
    system: [
      ['C', 'all'],
      ['RUDS', 'unrestrictedContent'],
    ],
  },

  communication: {
    admin: correspondent,
    'records-office': correspondent,
    'privacy-officer': correspondent,
    practitioner: correspondent,
    patient: correspondent,
  },
  consent: {
    admin: [['CRUS', 'all']],
    'records-office': [['CRUS', 'all']],
    'privacy-officer': [['RS', 'all']],
    practitioner: [
      ['C', 'all'],
      ['RS', 'party'],
    ],
    patient: [
      ['C', 'all'],
      ['RUS', 'own'],
    ],
    system: [['RS', 'all']],
  },
  task: {
    admin: [['CRUS', 'all']],
    'records-office': [['CRUS', 'all']],
    practitioner: [
      ['C', 'all'],
      ['RUS', 'requestedOrOwned'],
    ],
    'privacy-officer': [['RUS', 'accessQuery']],
    patient: [
      ['RUS', 'ownedTask'],
      ['RS', 'asked'],
    ],
  },
  auditEvent: {
    admin: [
      ['C', 'all'],
      ['RS', 'all'],
    ],
    'records-office': [['RS', 'actions']],
    'privacy-officer': [['RS', 'all']],
    practitioner: [['RS', 'actions']],
    patient: [['RS', 'about']],
    proxy: [['RS', 'proxied']],
    system: [['C', 'all']],
  },
  provenance: {
    admin: [
      ['C', 'all'],
      ['RS', 'all'],
    ],
    'records-office': [['RS', 'all']],
    'privacy-officer': [['RS', 'all']],
    practitioner: [['RS', 'targeted']],
    patient: [['RS', 'targeted']],
    system: [['C', 'all']],
  },
}
