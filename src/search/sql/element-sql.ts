import type { Clause } from '../clause.ts'
import { wallClockKey } from '../date-column.ts'
import { bind } from './bind.ts'
import { numberBounds } from './bounds.ts'
import type { Row } from './row.ts'
import { stringTest } from './side-tables.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>

/** One element of the row meets the whole condition: the small index of that element alone decides. */
export function elementSql({ key, where }: Of<'element'>, { alias }: Row, values: unknown[]): string {
  const e = `${alias}e`
  const kind = bind(values, 'int8', key)
  return `exists (select from element ${e} where ${e}.rid = ${alias}.rid and ${e}.key = ${kind} and ${within(where, e, values)})`
}

function within(clause: Clause, e: string, values: unknown[]): string {
  switch (clause.op) {
    case 'all':
      return 'true'
    case 'none':
      return 'false'
    case 'and':
    case 'or':
      return `(${clause.of.map((part) => within(part, e, values)).join(clause.op === 'and' ? ' and ' : ' or ')})`
    case 'not':
      return `not (${within(clause.of, e, values)})`
    case 'keys':
      return `${e}.keys && ${bind(values, 'int8[]', clause.any)}`
    case 'number':
      return numbers(clause.key, clause.bounds, e, values)
    case 'date': {
      if ('column' in clause.at) break
      return numbers(clause.local ? wallClockKey(clause.at.key) : clause.at.key, clause.bounds, e, values)
    }
    case 'string': {
      const key = bind(values, 'int8', clause.key)
      const test = stringTest(clause, `${e}s.val`, values)
      return `exists (select from unnest(${e}.skey, ${e}.sval) ${e}s(key, val) where ${e}s.key = ${key} and ${test})`
    }
  }
  throw new Error(`An element cannot be asked for "${clause.op}"`)
}

function numbers(asked: bigint, bounds: Of<'number'>['bounds'], e: string, values: unknown[]): string {
  const range = { lo: `${e}n.lo`, hi: `${e}n.hi` }
  const test = `${e}n.key = ${bind(values, 'int8', asked)} and ${numberBounds(range, bounds, values)}`
  return `exists (select from unnest(${e}.nkey, ${e}.nlo, ${e}.nhi) ${e}n(key, lo, hi) where ${test})`
}
