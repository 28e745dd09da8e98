import type { CompartmentCode } from '../definitions/definitions.ts'
import type { Clause, Link } from './clause.ts'
import type { Key, Rid } from './keys.ts'

/** One type that is searched: which of its rows, and the columns that they are ordered by. */
export interface SearchedType {
  readonly type: string
  readonly where: Clause
  /** Empty: newest first. */
  readonly sort: readonly SortKey[]
}

/** A parsed search: what was asked, as a plan that the store can run and a test can print. */
export interface SearchRequest extends SearchedType {
  /** Further types, in one order with the first: a search of the whole system, or of a compartment. */
  readonly others?: readonly SearchedType[]
  /** The compartment that is searched. */
  readonly within?: Compartment | undefined
  /** The request named no type: each of the system, or of the compartment, is searched. */
  readonly everyType?: boolean
  /** Matches per page; 0 means `_summary=count`. */
  readonly count: number
  readonly total: 'none' | 'estimate' | 'accurate' | undefined
  readonly summary: 'true' | 'text' | 'data' | 'count' | 'false' | undefined
  readonly elements: readonly string[] | undefined
  /** What the statement of the page includes by itself. */
  readonly includes: readonly Include[]
  /** What is included afterwards, by what was found. */
  readonly follow?: Follow | undefined
  /** Where the page starts: after this row, in sort order. */
  readonly after: Position | undefined
  /** The parameters that were used, in order, for the `self` link (paging parameters left out). */
  readonly used: readonly (readonly [name: string, value: string])[]
  /** What a lenient search left out, each with the sentence of its refusal. */
  readonly ignored?: readonly string[]
}

/** A page of one type. */
export type PageRequest = Pick<SearchRequest, 'type' | 'sort' | 'count' | 'after'>

/** `Patient/1`: https://hl7.org/fhir/R4/compartmentdefinition.html */
export interface Compartment {
  readonly type: CompartmentCode
  readonly id: string
}

export function searchedTypes(request: SearchRequest): readonly [SearchedType, ...SearchedType[]] {
  const { type, where, sort, others = [] } = request
  return [{ type, where, sort }, ...others]
}

export type SortKey =
  | { readonly by: 'lastUpdated' | 'id' | 'rid'; readonly descending: boolean }
  | { readonly by: 'date'; readonly column: string; readonly descending: boolean }
  | { readonly by: 'string' | 'number' | 'period'; readonly key: Key; readonly descending: boolean }
  /** No index holds these values: they are read from the resources, of a bounded number of matches. */
  | {
      readonly by: 'content'
      readonly descending: boolean
      /** All values of a resource, each as text. */
      readonly texts: (json: string) => readonly string[]
    }

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

/** `_include` (forward) and `_revinclude` (reverse) of one reference parameter. */
export interface IncludeRule {
  readonly direction: 'forward' | 'reverse'
  /** The type that holds the reference, by this parameter, and the types that it may lead to. */
  readonly source: string
  readonly code: string
  readonly targets: readonly string[]
  /** `:iterate`: applied to what was included as well. */
  readonly iterate: boolean
}

/** A row whose references are followed. */
export interface Followed {
  readonly type: string
  readonly rid: Rid
  readonly json: string
}

/** The rows of a type that some rows lead to. */
export interface Led {
  readonly type: string
  readonly where: Clause
}

/** Which rows these rows lead to; `matches`: by all rules, else by those that iterate. */
export type Follow = (rows: readonly Followed[], from: 'matches' | 'included') => Led[]

/** An SQL statement and the values of its placeholders. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /** One plan is right for all values, so that it is worth preparing; otherwise the statement is planned for its own. */
  readonly sharesPlan: boolean
}
