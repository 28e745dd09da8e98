import type { Clause } from '../clause.ts'
import { bind } from './bind.ts'
import { dateBounds, numberBounds } from './bounds.ts'
import { dateColumn } from './names.ts'
import type { Row } from './row.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>

/** Sorts behind every string that starts like the one before it. */
const last = '\u{10FFFF}'

export function stringSql(clause: Of<'string'>, row: Row, values: unknown[]): string {
  return beside('str', row, clause.key, () => testSql(clause, `${row.alias}t.val`, values), values)
}

/** The rids of the rows that have such a string, of whatever type: the key is one type's. */
export function stringRowsSql(clause: Of<'string'>, values: unknown[]): string {
  const key = bind(values, 'int8', clause.key)
  return `select t.rid from str t where t.key = ${key} and ${testSql(clause, 't.val', values)}`
}

function testSql({ match, value }: Of<'string'>, val: string, values: unknown[]): string {
  const test = {
    equals: () => `${val} = ${bind(values, 'text', value)}`,
    starts: () => `${val} >= ${bind(values, 'text', value)} and ${val} < ${bind(values, 'text', value + last)}`,
    contains: () => `${val} like ${bind(values, 'text', `%${value.replace(/[\\%_]/g, '\\$&')}%`)}`,
  }
  return test[match]()
}

export function numberSql({ key, bounds }: Of<'number'>, row: Row, values: unknown[]): string {
  const range = { lo: `${row.alias}t.lo`, hi: `${row.alias}t.hi` }
  return beside('num', row, key, () => numberBounds(range, bounds, values), values)
}

export function periodSql({ at, bounds }: Of<'date'>, row: Row, values: unknown[]): string {
  if ('column' in at) {
    const range = { lo: dateColumn(row.alias, at.column, 'lo'), hi: dateColumn(row.alias, at.column, 'hi') }
    return `(${dateBounds(range, bounds, values)})`
  }
  const range = { lo: `${row.alias}t.lo`, hi: `${row.alias}t.hi` }
  return beside('dat', row, at.key, () => dateBounds(range, bounds, values), values)
}

/** One value of the row in a side table passes the whole test. */
function beside(name: string, { alias }: Row, key: bigint, test: () => string, values: unknown[]): string {
  const wanted = bind(values, 'int8', key)
  return `exists (select from ${name} ${alias}t where ${alias}t.key = ${wanted} and ${alias}t.rid = ${alias}.rid and ${test()})`
}
