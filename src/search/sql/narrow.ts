import { and, type Clause, conjuncts } from '../clause.ts'
import { rows } from './bind.ts'
import { stringRowsSql } from './side-tables.ts'

/** So many strings are collected by their own index before the search is left to a plan for the very values. */
const few = 300

export interface Narrow {
  /** The common table expression of what the strings alone find: `found(rid)`. */
  readonly cte: string
  /** What else a row has to meet. */
  readonly rest: Clause
  /** The condition on `s`, without the rest; nothing meets it when the strings are frequent. */
  readonly where: string
  readonly isTooMany: string
}

/**
 * A name is rare or frequent, and only the index knows. So the rows with the string are collected up to a limit, by a plan
 * that all values share: what is rare is found without planning anew, and without finding out who may see how much.
 */
export function narrow(clause: Clause, values: unknown[]): Narrow | undefined {
  const parts = conjuncts(clause)
  const strings = parts.find((part) => stringsOf(part) !== undefined)
  if (!strings) return undefined
  const queries = stringsOf(strings)!.map((each) => stringRowsSql(each, values))
  const limit = rows(few + 1)
  return {
    cte: `found as materialized (select rid from (${queries.join(' union all ')}) t limit ${limit})`,
    rest: and(...parts.filter((part) => part !== strings)),
    where: `(select count(*) from found) <= ${few} and s.rid = any(array(select f.rid from found f))`,
    isTooMany: `(select count(*) from found) > ${few}`,
  }
}

type Strings = Extract<Clause, { op: 'string' }>

/** `starts` and `equals` are ranges of the index; what contains a text is not. */
function stringsOf(clause: Clause): readonly Strings[] | undefined {
  if (clause.op === 'string') return clause.match === 'contains' ? undefined : [clause]
  if (clause.op !== 'or') return undefined
  const parts = clause.of.map(stringsOf)
  return parts.includes(undefined) ? undefined : parts.flatMap((each) => each!)
}
