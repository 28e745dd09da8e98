import type { Action } from '../access/access.ts'
import { hasBytes } from './binary-bytes.ts'
import type { InteractionKind } from './interaction.ts'

interface Row {
  /** Its name in the audit trail. */
  readonly code: string
  /** Its codes in a CapabilityStatement, where they are not `code`. */
  readonly promises?: readonly string[]
  readonly on: 'system' | 'type' | 'instance'
  /** What must be allowed on the type; absent: it is decided by what comes with it. */
  readonly needs?: Action
  /** It brings no bytes, so it cannot make a version of what has some. */
  readonly withoutBytes?: true
}

/**
 * Every interaction that is routed: what it is called, where it stands, and what it needs. The CapabilityStatement, the
 * audit trail and transactions read it here.
 *
 * https://hl7.org/fhir/R4/valueset-type-restful-interaction.html
 * https://hl7.org/fhir/R4/valueset-system-restful-interaction.html
 */
const table: Readonly<Record<InteractionKind, Row>> = {
  capabilities: { code: 'capabilities', on: 'system', promises: [] },
  read: { code: 'read', on: 'instance', needs: 'read' },
  vread: { code: 'vread', on: 'instance', needs: 'read' },
  update: { code: 'update', on: 'instance', needs: 'update' },
  'conditional-update': { code: 'update', on: 'type', needs: 'update', withoutBytes: true },
  patch: { code: 'patch', on: 'instance', needs: 'update', withoutBytes: true },
  'conditional-patch': { code: 'patch', on: 'type', needs: 'update', withoutBytes: true },
  delete: { code: 'delete', on: 'instance', needs: 'delete' },
  'conditional-delete': { code: 'delete', on: 'type', needs: 'delete' },
  'history-instance': { code: 'history-instance', on: 'instance', needs: 'read' },
  'history-type': { code: 'history-type', on: 'type', needs: 'search' },
  'history-system': { code: 'history-system', on: 'system' },
  create: { code: 'create', on: 'type', needs: 'create' },
  'search-type': { code: 'search-type', on: 'type', needs: 'search' },
  // Which types it looks at is known when it is read; each is decided then.
  'search-system': { code: 'search-system', on: 'system' },
  batch: { code: 'batch', on: 'system', promises: ['transaction', 'batch'] },
  operation: { code: 'operation', on: 'system', promises: [] },
}

export function codeOf(kind: InteractionKind): string {
  return table[kind].code
}

export function actionOf(kind: InteractionKind): Action | undefined {
  return table[kind].needs
}

/** Whether there is such an interaction for the type, whoever asks. */
export function isPossible(kind: InteractionKind, type: string): boolean {
  return !(table[kind].withoutBytes && hasBytes(type))
}

/** The codes that a CapabilityStatement has for one type, when `offered` says what anybody may do with it. */
export function typeCodes(type: string, offered: (action: Action) => boolean): string[] {
  return promised(
    ({ on, needs, withoutBytes }) =>
      on !== 'system' && needs !== undefined && offered(needs) && !(withoutBytes && hasBytes(type)),
  )
}

export function systemCodes(): string[] {
  return promised(({ on }) => on === 'system')
}

function promised(when: (row: Row) => boolean): string[] {
  const rows = Object.values(table).filter(when)
  return [...new Set(rows.flatMap(({ code, promises = [code] }) => promises))]
}
