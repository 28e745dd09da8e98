import { and, type Clause, conjuncts } from '../clause.ts'
import { rows } from './bind.ts'
import { stringRowsSql } from './side-tables.ts'
import { wordRowsSql } from './words.ts'

/** So many rows are collected by their own index before the search is left to a plan for the very values. */
const few = 300

export interface Narrow {
  /** The common table expression of what the strings or words alone find: `found(rid)`. */
  readonly cte: string
  /** What else a row has to meet. */
  readonly rest: Clause
  /** The condition on `s`, without the rest; nothing meets it when they are frequent. */
  readonly where: string
  readonly isTooMany: string
}

/**
 * A name, or a word, is rare or frequent, and only the index knows. So the rows with it are collected up to a limit, by a plan
 * that all values share: what is rare is found without planning anew, and without finding out who may see how much.
 */
export function narrow(clause: Clause, values: unknown[]): Narrow | undefined {
  const parts = conjuncts(clause)
  const start = parts.find((part) => startsOf(part) !== undefined)
  if (!start) return undefined
  const queries = startsOf(start)!.map((each) =>
    each.op === 'words' ? wordRowsSql(each, values) : stringRowsSql(each, values),
  )
  const limit = rows(few + 1)
  return {
    cte: `found as materialized (select rid from (${queries.join(' union all ')}) t limit ${limit})`,
    rest: and(...parts.filter((part) => part !== start)),
    where: `(select count(*) from found) <= ${few} and s.rid = any(array(select f.rid from found f))`,
    isTooMany: `(select count(*) from found) > ${few}`,
  }
}

type Start = Extract<Clause, { op: 'string' | 'words' }>

/** `starts` and `equals` are ranges of the index; what contains a text or ends with it is not, and what has any words is nearly everything. */
function startsOf(clause: Clause): readonly Start[] | undefined {
  if (clause.op === 'string') return clause.match === 'starts' || clause.match === 'equals' ? [clause] : undefined
  if (clause.op === 'words') return clause.asked && [clause]
  if (clause.op !== 'or') return undefined
  const parts = clause.of.map(startsOf)
  return parts.includes(undefined) ? undefined : parts.flatMap((each) => each!)
}
