import type { Clause } from '../search/clause.ts'
import type { Key, Rid } from '../search/keys.ts'

/** Somebody or something that a row may refer to. */
export interface Target {
  readonly type: string
  readonly rid: Rid
}

/** What access asks of search to say its rules as clauses. */
export interface Phrases {
  /** `name=value` as in a query, e.g. `status=active`. Throws for a parameter that the type does not have. */
  parameter(type: string, name: string, value: string): Clause
  /** The row refers to the target by this reference parameter. */
  refersTo(type: string, parameter: string, target: Target): Clause
  /** The row refers, by this reference parameter, to a row of `target` that meets `where`. */
  follows(type: string, parameter: string, target: string, where: Clause): Clause
  /** What rows hold, beside the rid, when they refer by one of these parameters to a resource of one of these types. */
  salts(type: string, parameters: readonly string[], targets: readonly string[]): readonly Key[]
  /** The row is in the compartment of this patient. */
  compartment(type: string, patient: Rid): Clause
}
