import type { Rid } from '../keys.ts'
import { bind } from './bind.ts'

/** A row that a clause is about, as the statement names it. */
export interface Row {
  readonly alias: string
  readonly type: string
  /**
   * `current`: a row of the type's own table, with `keys` and `fkeys`. `version`: any version of a resource, with `rid`, `pat`,
   * `labels`, `lu` and `akeys`; what these cannot tell is never true of it.
   */
  readonly of: 'current' | 'version'
  /**
   * How its relations (its patient's other rows, grants) are met: looked up for each row, which is right for few rows; or, of a
   * current row, collected once for all rows (see `Collected`).
   */
  readonly relations?: Collected | undefined
  /**
   * Something selective finds the few rows. Keys that many rows hold are then tested on these alone: the planner, who sees no
   * values, would otherwise read all places of a frequent code beside the fourteen rows of one patient.
   */
  readonly few?: boolean
  /** A query of all patients that the rows are about, where the statement has found that out. */
  readonly patients?: string | undefined
  /** The condition names one patient, whose relations and grants are then looked up once and not for each row. */
  readonly patient?: Rid | undefined
}

/** The row's patient, as the statement says it. */
export function patientOf({ alias, patient }: Row, values: unknown[]): string {
  return patient === undefined ? `${alias}.pat` : bind(values, 'int8', patient)
}

/** `array`: an index finds the rows by what was collected, which is right for little. `set`: each row is looked up in a hash. */
export type Collected = 'array' | 'set'

/** The column is among what the query selects, in the way that the row wants. */
export function among(column: string, query: string, how: Collected): string {
  return how === 'array' ? `${column} = any(array(${query}))` : `${column} in (${query})`
}

/** A current row of another type in a subquery; its alias differs from all that it stands in. It is one of few when a link or a selective condition finds it. */
export function inner(row: Row, type: string, few: boolean): Row {
  return { alias: `${row.alias}x`, type, of: 'current', few }
}

/**
 * What ends a subquery that is asked for each of few rows: it keeps the planner from collecting once and for all what it would
 * look up, as it does when it expects more rows than come. Then a doctor of many would pay for all whom he knows.
 */
export function lookedUp({ few = false }: Row): string {
  return few ? ' offset 0' : ''
}
