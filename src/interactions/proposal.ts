import type { Resource } from '../fhir/resource.ts'
import type { Rid } from '../search/keys.ts'
import type { AuditDetail } from '../store/store.ts'
import type { InteractionKind } from './interaction.ts'

/** One write that is wanted: everything is decided but whether it is valid, allowed and still current. */
export interface Proposal {
  readonly kind: 'create' | 'update' | 'delete'
  readonly interaction: InteractionKind
  readonly type: string
  readonly id: string
  readonly rid: Rid
  /** The version that must be current; 0 for a create. */
  readonly expectedVersion: number
  /** The current version is a deletion. */
  readonly revive: boolean
  readonly before: Resource | undefined
  /** The patient in whose record the current version stands, as a deletion does in that of what it deleted. */
  readonly patBefore: Rid | null
  /** As the client sent it (undefined for a delete). */
  readonly after: Resource | undefined
  /** Where the resource stands for FHIRPaths in errors: its type, or `Bundle.entry[3].resource`. */
  readonly place: string
  /** What the audit row tells besides. */
  readonly detail?: AuditDetail | undefined
}

/** A resource that is not there yet, by `create` or by criteria that find nothing. */
export function createProposal(
  type: string,
  { id, rid }: { id: string; rid: Rid },
  after: Resource | undefined,
  place: string,
): Proposal {
  const common = {
    kind: 'create',
    interaction: 'create',
    expectedVersion: 0,
    revive: false,
    before: undefined,
    patBefore: null,
  } as const
  return { ...common, type, id, rid, after, place }
}

/** A write as it was stored. */
export interface Committed {
  readonly proposal: Proposal
  /** The content was there already, so there is no new version. */
  readonly unchanged: boolean
  /** Undefined for a delete. */
  readonly resource: Resource | undefined
  readonly version: number
  readonly lastUpdated: number
  readonly json: string
}

interface Identity {
  readonly type: string
  readonly id: string
}

/** Another writer was quicker: thrown so that a transaction rolls back; never leaves `interactions/`. */
export class StaleVersion extends Error {
  override readonly name = 'StaleVersion'
  readonly identities: readonly Identity[]
  /** Nothing of it ran in a transaction. */
  readonly alone: boolean
  constructor(identities: readonly Identity[], alone = false) {
    super('the version is no longer current')
    this.identities = identities
    this.alone = alone
  }
}

/** `Patient.name[0]` becomes `Bundle.entry[3].resource.name[0]` when the resource stands there. */
export function placed(place: string, type: string, expression: string): string {
  return expression === type || expression.startsWith(`${type}.`) ? place + expression.slice(type.length) : expression
}
