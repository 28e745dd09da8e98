import type { Context } from '../access/principal.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Rid } from '../search/keys.ts'
import type { InteractionKind } from './interaction.ts'
import type { AuditDetail, Grant, StoredVersion, Taken, Transaction } from '../store/store.ts'

/**
 * The one seam by which the product reacts to interactions. A rule belongs to one resource type; `sharing/` makes them,
 * `perform` runs them in the transaction of the write, in the order of their list.
 */
export interface Rule {
  readonly type: string
  /**
   * Before the other two, and without a transaction: refuse by throwing, or answer the resource that takes the place of what was
   * sent, which is valid. It is not validated again: what is added has to be valid whatever it is added to.
   */
  settle?(change: Change): Resource | undefined
  /** Left out: every change of the type. What no rule is concerned with needs no transaction around its one statement. */
  concerns?(change: Change): boolean
  /** Before the write is validated: refuse by throwing, or answer the resource to store instead. */
  before?(change: Change, work: Work): Promise<Resource | undefined>
  /** After the row is written, in the same transaction: refuse by throwing, or add work. */
  after?(change: Change, work: Work): Promise<void>
}

export interface Change {
  readonly context: Context
  readonly kind: 'create' | 'update' | 'delete'
  /** What the client asked for: a create that was asked for as an update brings its own id. */
  readonly interaction: InteractionKind
  readonly identity: { readonly type: string; readonly id: string; readonly rid: Rid; readonly version: number }
  /** As stored now; undefined for a create. */
  readonly before: Resource | undefined
  /** As it will be stored; undefined for a delete. */
  readonly after: Resource | undefined
}

/** What a rule may do inside the transaction, as the server: validated, indexed and audited, without an access check. */
export interface Work {
  readonly tx: Transaction
  /** When the interaction began. */
  readonly now: Date
  read(type: string, id: string): Promise<Resource | undefined>
  /** The rules of the written type do not run again. Answers the resource as stored, with id and meta; its audit row takes the detail along. */
  create(resource: Resource, detail?: AuditDetail): Promise<Resource>
  update(resource: Resource): Promise<Resource>
  /** Resources of a type by search parameters, e.g. `find('Task', 'focus=Practitioner/1&status=requested')`; 100 at most. */
  find(type: string, query: string): Promise<Resource[]>
  grants(consent: { id: string; version: number }, grants: readonly Grant[]): Promise<void>
  ridOf(type: string, id: string): Rid
  /** Whether the caller of the interaction may read this resource now. */
  maySee(type: string, id: string): Promise<boolean>
  /** The Binary becomes what is written's own with the write, for good. False when something else takes it in the same transaction. */
  take(by: { readonly rid: Rid }, binary: Taken): boolean
  /** What the caller may read now, of a Binary with its bytes; `undefined` too for what this transaction has yet to write. */
  see(type: string, id: string): Promise<StoredVersion | undefined>
}
