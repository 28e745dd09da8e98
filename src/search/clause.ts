import type { InOrder } from './in-order.ts'
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
  /**
   * The row holds at least one of the keys. `filter`: they stand in the unindexed `fkeys`. `selective`: few rows hold one
   * (an identifier, a reference), so that the query can start from it. `judged`: they stand in `akeys` as well, so that a
   * version can be judged by them (akeys.ts); only then may they stand under a `not` that a version is judged by. `inOrder`:
   * an index holds the rows of the one key in the order of a date.
   */
  | {
      readonly op: 'keys'
      readonly any: readonly Key[]
      readonly filter?: boolean
      readonly selective?: boolean
      readonly judged?: boolean
      readonly inOrder?: InOrder
    }
  | { readonly op: 'rid'; readonly any: readonly Rid[] }
  /** The row's single patient (`pat`) is one of these. A Patient's own row carries its own rid there. */
  | { readonly op: 'patient'; readonly any: readonly Rid[] }
  | {
      readonly op: 'string'
      readonly key: Key
      readonly match: 'starts' | 'contains' | 'ends' | 'equals'
      readonly value: string
    }
  /** One value of a number or quantity, as the range [lo, hi] that its precision implies, meets all bounds. */
  | { readonly op: 'number'; readonly key: Key; readonly bounds: readonly Bound<number>[] }
  /**
   * One period [lo, hi) in epoch milliseconds meets all bounds: the type's own column pair, or a key of `dat`. `local`: both ends
   * as the clock showed them where they were written down, for bounds that are dates without a zone.
   */
  | {
      readonly op: 'date'
      readonly at: { column: string } | { key: Key }
      readonly bounds: readonly Bound<number>[]
      readonly local?: boolean
    }
  /** The row holds a key (an entry of the lexicon # salt, in `fkeys` if `filter`) of a text that starts so. */
  | { readonly op: 'text'; readonly salt: Key; readonly starts: string; readonly filter: boolean }
  /** The texts of a full-text parameter are as the question says; without one, there are any. */
  | { readonly op: 'words'; readonly key: Key; readonly asked: WordQuery | undefined }
  /** One element of this kind meets `where`, which speaks of nothing but keys, strings, numbers and dates. */
  | { readonly op: 'element'; readonly key: Key; readonly where: Clause }
  /** A position within so many metres of this one. */
  | {
      readonly op: 'near'
      readonly keys: PositionKeys
      readonly latitude: number
      readonly longitude: number
      readonly metres: number
    }
  | { readonly op: 'lastUpdated'; readonly bounds: readonly Bound<number>[] }
  /**
   * Chain: the row refers, by this link, to a `target` row that meets `where`. `judged`: as for `keys`. `probe`: the other
   * side is looked up row by row, never collected first (set by guard.ts for access rules, whose other side is large).
   */
  | ({
      readonly op: 'chain'
      readonly target: string
      readonly where: Clause
      readonly judged?: boolean
      readonly probe?: boolean
    } & Link)
  /** Reverse chain (`_has`): a `source` row that meets `where` refers to this row by this link. */
  | ({ readonly op: 'has'; readonly source: string; readonly where: Clause; readonly probe?: boolean } & Link)
  /** The row's patient also has a `type` row that meets `where`, e.g. an active CareTeam that names the doctor. */
  | { readonly op: 'samePatient'; readonly type: string; readonly where: Clause }
  /**
   * A grant in `access_grant` covers the row at `at` (epoch ms): its patient's whole record, or exactly this resource.
   * `subject`: the row is the Patient of any grant. A permit covers rows whose labels it names; a deny covers rows of which it
   * names one, unless an exception of the same Consent permits them. `rule`: the patient has a rule on record, whatever it says.
   */
  | {
      readonly op: 'granted'
      readonly grantees: readonly Rid[]
      readonly at: number
      /** The bits of what the caller acts for (access/purposes.ts). */
      readonly purposes: number
      readonly covers: 'row' | 'subject'
      readonly effect: 'permit' | 'deny' | 'rule'
      /** How rows of the type are told by author, by what they belong to and by time; without it, grants limited so cover none. */
      readonly data?: DataLinks
    }
  /** A Binary whose owning resource is a row of `type` that meets `where`. */
  | { readonly op: 'owned'; readonly type: string; readonly where: Clause }
  /** A Binary that nothing owns yet, uploaded by this person (column `attachment.uploader`). */
  | { readonly op: 'unowned'; readonly uploader: Rid }
  /** No security label outside the mask. */
  | { readonly op: 'labels'; readonly allowed: number }

/**
 * How a row refers to another: by its `pat`, or by a key that is the other's rid # this salt. With `via` it is a canonical
 * reference: the key is the other's own key for its `url`, with the salt `via` exchanged for this one.
 */
export interface Link {
  readonly by: Key | 'patient'
  readonly via?: Key
}

/** The salts of the references of one type by which grants that are limited to a part of a record find its rows. */
export interface DataLinks {
  readonly authored: readonly Key[]
  readonly related: readonly Key[]
  /** The column pair that tells when the data is from; without one, or where it is empty, it is the time of the last change. */
  readonly dated?: string | undefined
}

/** A question of full-text search. */
export type WordQuery =
  /** One after the other; `open`: the last one is the beginning of a word. */
  | { readonly is: 'phrase'; readonly words: readonly string[]; readonly open: boolean }
  | { readonly is: 'and' | 'or'; readonly of: readonly WordQuery[] }
  | { readonly is: 'not'; readonly of: WordQuery }

/** Of the numbers that hold a position, in degrees. */
export interface PositionKeys {
  readonly latitude: Key
  readonly longitude: Key
}

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

/** What the clause says that must all be met: itself, or the parts of an `and`, of whatever depth. */
export function conjuncts(clause: Clause): readonly Clause[] {
  return clause.op === 'and' ? clause.of.flatMap(conjuncts) : [clause]
}
