import type { Key, Rid } from './keys.ts'

/**
 * The condition of a query: a boolean tree over the rows of one resource type.
 *
 * Search parameters, access rules and chains all become clauses; `sql.ts` alone turns them into SQL. A clause is a plain
 * value: it can be printed, compared in a test and combined before anything runs.
 */
export type Clause =
  | { readonly op: 'all' }
  | { readonly op: 'none' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Clause[] }
  | { readonly op: 'not'; readonly of: Clause }
  /** The row holds at least one of the keys; `filter`: they stand in the unindexed `fkeys`. */
  | { readonly op: 'keys'; readonly any: readonly Key[]; readonly filter?: boolean }
  | { readonly op: 'rid'; readonly any: readonly Rid[] }
  /** The row's single patient (`pat`) is one of these. A Patient's own row carries its own rid there. */
  | { readonly op: 'patient'; readonly any: readonly Rid[] }
  | {
      readonly op: 'string'
      readonly key: Key
      readonly match: 'starts' | 'contains' | 'equals'
      readonly value: string
    }
  /** One value of a number or quantity, as the range [lo, hi] that its precision implies, meets all bounds. */
  | { readonly op: 'number'; readonly key: Key; readonly bounds: readonly Bound<number>[] }
  /** One period [lo, hi) in epoch milliseconds meets all bounds: the type's own column pair, or a key of `dat`. */
  | { readonly op: 'date'; readonly at: { column: string } | { key: Key }; readonly bounds: readonly Bound<number>[] }
  | { readonly op: 'dateMissing'; readonly column: string }
  | { readonly op: 'lastUpdated'; readonly bounds: readonly Bound<number>[] }
  /** Chain: the row refers, by the keys of this salt (or by `pat`), to a `target` row that meets `where`. */
  | { readonly op: 'chain'; readonly by: Key | 'patient'; readonly target: string; readonly where: Clause }
  /** Reverse chain (`_has`): a `source` row that meets `where` refers to this row by the keys of the salt or by `pat`. */
  | { readonly op: 'has'; readonly source: string; readonly by: Key | 'patient'; readonly where: Clause }
  /** The row's patient also has a `type` row that meets `where`, e.g. an active CareTeam that names the doctor. */
  | { readonly op: 'samePatient'; readonly type: string; readonly where: Clause }
  /**
   * A grant in `access_grant` covers the row at `at` (epoch ms): its patient's whole record, or exactly this resource.
   * `subject`: the row is the Patient of any grant (read by id only).
   */
  | {
      readonly op: 'granted'
      readonly grantees: readonly Rid[]
      readonly at: number
      readonly covers: 'row' | 'subject'
      readonly effect: 'permit' | 'deny'
    }
  /** A Binary whose owning resource is a row of `type` that meets `where`. */
  | { readonly op: 'owned'; readonly type: string; readonly where: Clause }
  /** A Binary that nothing owns yet, uploaded by this person (column `attachment.uploader`). */
  | { readonly op: 'unowned'; readonly uploader: Rid }
  /** No security label outside the mask. */
  | { readonly op: 'labels'; readonly allowed: number }

export interface Bound<T> {
  readonly side: 'lo' | 'hi'
  readonly is: '<' | '<=' | '>' | '>='
  readonly value: T
}

export const all: Clause = { op: 'all' }
export const none: Clause = { op: 'none' }

export function and(...of: readonly Clause[]): Clause {
  const rest = of.filter((clause) => clause.op !== 'all')
  if (rest.some((clause) => clause.op === 'none')) return none
  return rest.length === 0 ? all : rest.length === 1 ? rest[0]! : { op: 'and', of: rest }
}

export function or(...of: readonly Clause[]): Clause {
  const rest = of.filter((clause) => clause.op !== 'none')
  if (rest.some((clause) => clause.op === 'all')) return all
  return rest.length === 0 ? none : rest.length === 1 ? rest[0]! : { op: 'or', of: rest }
}

export function not(of: Clause): Clause {
  return of.op === 'all' ? none : of.op === 'none' ? all : { op: 'not', of }
}
