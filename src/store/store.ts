import type { Readable } from 'node:stream'
import type { Clause } from '../search/clause.ts'
import type { IndexValues } from '../search/index-values.ts'
import type { Rid } from '../search/keys.ts'
import type { SearchRequest, SeveralRequest } from '../search/request.ts'
import type { SavedObject, StoredObject } from './stored-object.ts'

/** What the store offers; `createStore` (create-store.ts) makes it. Nothing here knows a permission or an HTTP header. */
export interface Store extends Handle {
  readonly attachments: Attachments
  readonly audit: Audit
  /**
   * Runs the work in one database transaction; commits when it returns, rolls back when it throws. Serialization failures
   * and deadlocks (40001, 40P01) run it again, three times at most, so the work must not act outside of `tx`.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The part of the store that reads and writes: on the pool, or bound to a transaction. */
export interface Handle {
  readonly resources: Resources
  readonly grants: Grants
  /** A transaction runs its work in place when it is already one. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** For the rooms with tables of their own (`oauth`, `sharing`). */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>
}

export interface Transaction extends Handle {
  /**
   * Whether anything was written or locked. What is read before that is read outside of it, and whoever has but one statement to
   * write may do so outside as well.
   */
  begun(): boolean
  /** Waits for and holds locks on the texts until the transaction ends (conditional creates of the same criteria): one statement, in sorted order. */
  lock(texts: readonly string[]): Promise<void>
  /** Runs once the outermost transaction has committed, e.g. to send a mail; never when it rolls back or is run again. */
  afterCommit(act: () => Promise<void>): void
}

export function isTransaction(handle: Handle): handle is Transaction {
  return 'begun' in handle
}

export interface Resources {
  /**
   * The current version of each identity that exists and meets `where`, deleted ones included (judged by their last
   * version's row). `where` and `flags` are judged on the version's own pat, akeys and labels. One statement per type.
   */
  read(type: string, ids: readonly string[], options?: ReadOptions): Promise<StoredVersion[]>
  vread(type: string, id: string, version: number, options?: ReadOptions): Promise<StoredVersion | undefined>
  /** One page of the versions of a resource, of a type or of several types; a version is judged by its own row. */
  history(request: HistoryRequest): Promise<HistoryPage>
  /** Matches and included rows of one page. `access` gives the clauses of every type that the search touches. */
  find(request: SearchRequest, access: (type: string) => Clause): Promise<Page>
  /**
   * One page of rows of several types; `access` as for `find`. Two statements: which types there are, which keeps the second
   * small, and the page.
   */
  several(
    request: SeveralRequest,
    access: (type: string) => Clause,
  ): Promise<{ found: readonly StoredVersion[]; more: boolean }>
  /** The profiles, tags and security labels in use among the current rows that meet the conditions, without doubles. */
  labels(parts: readonly { type: string; where: Clause }[]): Promise<Readonly<Record<string, unknown[]>>>
  /** The first matches of each condition (two, or `most`), in one statement: what conditional interactions are about. */
  resolve(
    conditions: readonly { type: string; where: Clause }[],
    most?: number,
  ): Promise<{ id: string; rid: Rid; version: number }[][]>
  /**
   * Writes all or nothing, in one statement; answers the identities whose `expectedVersion` was no longer the current one
   * (or that exist already, for a create). A non-empty answer means that nothing was written.
   */
  put(writes: readonly Write[], audit?: readonly AuditRow[]): Promise<{ stale: readonly Write[] }>
  /**
   * Puts another text in the place of an earlier version, which stays where it is and is seen by whom it was seen: for what was
   * withdrawn before anybody had read it. Never for a current version, whose index is made of its text.
   */
  redact(type: string, rid: Rid, version: number, json: string): Promise<void>
}

export interface ReadOptions {
  where?: Clause
  /** Named conditions whose outcome comes back with the row, e.g. `{ mayUpdate: clause }`. */
  flags?: Readonly<Record<string, Clause>>
  /**
   * Kept in the same statement for what is found and not deleted, with the version and the patient that were found; what
   * is not found leaves no row.
   */
  audit?: AuditRow
  /** With what the version's bytes are, for a Binary. */
  object?: boolean
}

/** Times in epoch ms. */
export interface HistoryRequest {
  /** The types, each with what may be seen of it. */
  readonly of: readonly { readonly type: string; readonly where: Clause }[]
  /** Of one resource alone; there is one type then. */
  readonly id?: string
  readonly count: number
  /** Oldest first. */
  readonly ascending?: boolean
  /** Written at this time or later. */
  readonly since?: number
  /** Written earlier than this. */
  readonly before?: number
  /** Current at any moment from the first time up to, not including, the second. */
  readonly at?: readonly [number, number]
  /** Where the page starts: behind this version. */
  readonly after?: HistoryPosition | undefined
}

export interface HistoryPosition {
  /** What was committed when the first page was read, as Postgres writes it. */
  readonly snapshot: string
  readonly lastUpdated: number
  readonly rid: Rid
  readonly version: number
}

export interface HistoryPage {
  readonly versions: readonly StoredVersion[]
  /** Undefined on the last page. */
  readonly next: HistoryPosition | undefined
  /** Of all pages: always known of one resource, of types only where the first page holds everything. */
  readonly total: number | undefined
}

export interface StoredVersion {
  readonly type: string
  readonly id: string
  readonly rid: Rid
  readonly version: number
  /** Epoch ms. */
  readonly lastUpdated: number
  readonly deleted: boolean
  /** The exact text to serve; empty when deleted. Attachment URLs are relative in it. */
  readonly json: string
  readonly pat: Rid | null
  readonly flags: Readonly<Record<string, boolean>>
  /** When asked for (`ReadOptions.object`); undefined when the bytes are no longer there. */
  readonly object?: StoredObject | undefined
}

export interface Page {
  readonly matches: readonly StoredVersion[]
  readonly included: readonly StoredVersion[]
  /** More would have been included than a page may hold. */
  readonly incomplete?: boolean
  /** The position of the last match when there are more. */
  readonly next: { values: (number | string | null)[]; rid: Rid } | undefined
  readonly total: number | undefined
}

export type Write =
  | {
      readonly kind: 'create'
      readonly type: string
      readonly id: string
      readonly rid: Rid
      readonly lastUpdated: number
      readonly json: string
      readonly index: IndexValues
      /** The bytes of a new Binary, tied to it in the same statement. Only of a write that is alone in its statement. */
      readonly attached?: Attached | undefined
      readonly takes?: readonly Taken[] | undefined
    }
  | {
      readonly kind: 'update'
      readonly type: string
      readonly id: string
      readonly rid: Rid
      /** The version that must be current; the new one is one higher. A deleted resource can be updated (revived). */
      readonly expectedVersion: number
      readonly revive: boolean
      readonly lastUpdated: number
      readonly json: string
      readonly index: IndexValues
      readonly takes?: readonly Taken[] | undefined
    }
  | {
      readonly kind: 'delete'
      readonly type: string
      readonly id: string
      readonly rid: Rid
      readonly expectedVersion: number
      readonly lastUpdated: number
    }

/** What ties a version of a Binary to its object. */
export interface Attached {
  readonly contentType: string
  readonly uploader: Rid
  readonly object: SavedObject
}

/**
 * A Binary that becomes the own of what is written, for good. When it has another owner, or is no longer in this version, the
 * write is stale.
 */
export interface Taken {
  readonly rid: Rid
  /** Any, when left out. */
  readonly version?: number | undefined
}

/** The enforced form of Consents. Epoch ms; `rid` 0n: the patient's whole record. */
export interface Grant {
  readonly grantee: Rid
  readonly pat: Rid
  readonly type: string
  readonly rid: Rid
  /** `rule`: something is on record that takes the place of what the hospital allows (access/consent-rules.ts). */
  readonly effect: 'permit' | 'deny' | 'rule'
  readonly starts: number
  readonly ends: number
  readonly labels: number
  readonly obligations: number
  /** Bits; 0: any. */
  readonly purposes: number
  /** An exception to the rule of its Consent. */
  readonly nested: boolean
  /** A denial that the permits among its exceptions lift. */
  readonly excepted: boolean
  /** Of the record, only what belongs to this, or what this wrote. */
  readonly part?: { readonly how: 'related' | 'authoredby'; readonly about: Rid }
  /** Of the record, only what is from this time, [lo, hi). */
  readonly dataPeriod?: readonly [number, number]
}

export interface Grants {
  /** Replaces every grant that this Consent made. */
  replace(consent: Rid, version: number, grants: readonly Grant[]): Promise<void>
}

/** One interaction as the audit trail keeps it; no health data beyond identities. */
export interface AuditRow {
  readonly at: number
  readonly requestId: string
  readonly interaction: string
  readonly type: string | null
  readonly id: string | null
  readonly version: number | null
  /** The patients concerned. */
  readonly patients: readonly Rid[]
  readonly accountId: string | null
  readonly person: string | null
  readonly clientId: string
  readonly outcome: 'success' | 'refused' | 'failed'
  readonly status: number
  /** The query as sent, for searches. */
  readonly query: string | null
  readonly ip: string | null
  /** The end of the access token, which tells two of them apart and opens nothing. */
  readonly token?: string | undefined
  /** What else belongs to the event, e.g. the app that it was about. Never a secret. */
  readonly detail?: AuditDetail | undefined
}

export type AuditDetail = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Audit {
  /** Resolves when the row is durable; rows of concurrent requests share one commit. */
  record(row: AuditRow): Promise<void>
}

/** Bytes of Binaries: object first, row second. Objects are immutable and named by a random key. */
export interface Attachments {
  /**
   * Streams bytes into the object store; the object has no row yet and the sweep removes it unless `Handle.query` work of
   * `link` follows. `limit` in bytes: beyond it, throws FhirError('tooLarge') and keeps nothing.
   */
  save(bytes: Readable, options: { limit: number; signal?: AbortSignal }): Promise<SavedObject>
  /** A stream of the bytes [from, to] (inclusive) or of all. */
  open(object: StoredObject, range?: { from: number; to: number }): Promise<Readable>
  /**
   * As `open`, for what is small enough to be held in memory: a stream costs more than few bytes do. Given memory is filled
   * from its start, and the answer is a part of it.
   */
  read(object: StoredObject, range?: { from: number; to: number }, into?: Buffer): Promise<Buffer>
  /** The row that ties a Binary's version to its object; same transaction as the Binary's own row. */
  attach(
    tx: Handle,
    binary: { rid: Rid; version: number; contentType: string; uploader: Rid },
    object: SavedObject,
  ): Promise<void>
  /** The object of a Binary's version (current when absent); `within` a transaction, what it attached is seen as well. */
  find(binary: Rid, version?: number, within?: Handle): Promise<StoredObject | undefined>
  /** Before a Binary is deleted: nobody can own it from now on. False when somebody owns it; then nothing else may happen in `tx`. */
  retire(tx: Handle, binary: Rid): Promise<boolean>
  /** Fixes the owner for good. False when another resource owns it already. */
  own(tx: Handle, binary: Rid, owner: { type: string; rid: Rid }): Promise<boolean>
  /** Removes objects without rows that nobody keeps, and unlinked Binaries' objects older than 24 h; answers how many. */
  sweep(now: number, isKept?: (key: string) => boolean): Promise<number>
  discard(object: SavedObject): Promise<void>
}
