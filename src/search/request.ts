import type { Clause, Link } from './clause.ts'
import type { Key, Rid } from './keys.ts'

/** A parsed search: what was asked, as a plan that the store can run and a test can print. */
export interface SearchRequest {
  readonly type: string
  readonly where: Clause
  /** Empty: newest first. */
  readonly sort: readonly SortKey[]
  /** Matches per page; 0 means `_summary=count`. */
  readonly count: number
  readonly total: 'none' | 'estimate' | 'accurate' | undefined
  readonly summary: 'true' | 'text' | 'data' | 'count' | 'false' | undefined
  readonly elements: readonly string[] | undefined
  readonly includes: readonly Include[]
  /** Where the page starts: after this row, in sort order. */
  readonly after: Position | undefined
  /** The parameters that were used, in order, for the `self` link (paging parameters left out). */
  readonly used: readonly (readonly [name: string, value: string])[]
}

export type SortKey =
  | { readonly by: 'lastUpdated' | 'id' | 'rid'; readonly descending: boolean }
  | { readonly by: 'date'; readonly column: string; readonly descending: boolean }
  | { readonly by: 'string'; readonly key: Key; readonly descending: boolean }

/** The sort values (null: no value) and the rid of the last row of a page. */
export interface Position {
  readonly values: readonly (number | string | null)[]
  readonly rid: Rid
}

export interface Include extends Link {
  /** forward: `_include` from the matches; reverse: `_revinclude` to the matches. */
  readonly direction: 'forward' | 'reverse'
  /** The type that holds the reference, and the type that it refers to. */
  readonly source: string
  readonly target: string
}

/** Rows of several types at once, such as a patient's whole record. */
export interface SeveralRequest {
  /** In the order of the answer; a type comes once. The conditions start from few rows. */
  readonly parts: readonly { readonly type: string; readonly where: Clause }[]
  readonly count: number
  /** The page starts after this row. */
  readonly after: { readonly type: string; readonly rid: Rid } | undefined
}

/** An SQL statement and the values of its placeholders. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /** One plan is right for all values, so that it is worth preparing; otherwise the statement is planned for its own. */
  readonly sharesPlan: boolean
}
