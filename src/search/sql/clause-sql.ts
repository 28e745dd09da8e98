import type { Clause } from '../clause.ts'
import { bind, sharingPlan } from './bind.ts'
import { dateBounds } from './bounds.ts'
import { elementSql } from './element-sql.ts'
import { grantedSql, ownedSql, unownedSql } from './grants.ts'
import { isJudgeable } from './judgeable.ts'
import { chainSql, hasSql, samePatientSql } from './links.ts'
import type { Row } from './row.ts'
import { nearSql, numberSql, periodSql, stringSql, textSql } from './side-tables.ts'
import { wordsSql } from './words.ts'

/**
 * The SQL condition that a row meets the clause; its values are added to `values` and stand in the text as `$n`.
 *
 * For a version what its columns cannot tell counts as not met, also below `not`: a doubt never gives access.
 */
export function clauseSql(clause: Clause, row: Row, values: unknown[]): string {
  const text = sqlOf(clause, row, values, false)
  return row.of === 'version' ? sharingPlan(text) : text
}

function sqlOf(clause: Clause, row: Row, values: unknown[], negated: boolean): string {
  if (row.of === 'version' && !isJudgeable(clause, negated)) return negated ? 'true' : 'false'
  const { alias } = row
  switch (clause.op) {
    case 'all':
      return 'true'
    case 'none':
      return 'false'
    case 'and':
    case 'or': {
      const word = clause.op === 'and' ? ' and ' : ' or '
      return `(${clause.of.map((part) => sqlOf(part, row, values, negated)).join(word)})`
    }
    case 'not':
      // Not `not (…)`, which is unknown where a column is null; an anti-join is still made of `not exists`.
      return mayBeNull(clause.of)
        ? `((${sqlOf(clause.of, row, values, !negated)}) is not true)`
        : `not (${sqlOf(clause.of, row, values, !negated)})`
    case 'keys':
      return keysSql(clause, row, values)
    case 'rid':
      return anyOf(`${alias}.rid`, clause.any, values)
    case 'patient':
      return anyOf(`${alias}.pat`, clause.any, values)
    case 'labels':
      return `(${alias}.labels & ~${bind(values, 'int4', clause.allowed)}) = 0`
    case 'lastUpdated':
      return dateBounds({ lo: `${alias}.lu`, hi: `${alias}.lu` }, clause.bounds, values)
    default:
      return acrossTables(clause, row, values)
  }
}

type Plain = 'all' | 'none' | 'and' | 'or' | 'not' | 'keys' | 'rid' | 'patient' | 'labels' | 'lastUpdated'

function acrossTables(clause: Exclude<Clause, { op: Plain }>, row: Row, values: unknown[]): string {
  switch (clause.op) {
    case 'string':
      return stringSql(clause, row, values)
    case 'number':
      return numberSql(clause, row, values)
    case 'date':
      return periodSql(clause, row, values)
    case 'text':
      return textSql(clause, row, values)
    case 'words':
      return wordsSql(clause, row, values)
    case 'element':
      return elementSql(clause, row, values)
    case 'near':
      return nearSql(clause, row, values)
    case 'chain':
      return chainSql(clause, row, values, clauseSql)
    case 'has':
      return hasSql(clause, row, values, clauseSql)
    case 'samePatient':
      return samePatientSql(clause, row, values, clauseSql)
    case 'granted':
      return grantedSql(clause, row, values)
    case 'owned':
      return ownedSql(clause, row, values, clauseSql)
    case 'unowned':
      return unownedSql(clause, row, values)
  }
}

function keysSql(clause: Extract<Clause, { op: 'keys' }>, row: Row, values: unknown[]): string {
  const test = keysTest(clause, row, values)
  // `is true` keeps an index out of it.
  return row.few && !clause.selective && !clause.filter ? `(${test}) is true` : test
}

function keysTest(clause: Extract<Clause, { op: 'keys' }>, { alias, of }: Row, values: unknown[]): string {
  const column = `${alias}.${of === 'version' ? 'akeys' : clause.filter ? 'fkeys' : 'keys'}`
  const [only, ...others] = clause.any
  if (only === undefined) return 'false'
  if (others.length === 0) return `${column} @> array[${bind(values, 'int8', only)}]`
  return `${column} && ${bind(values, 'int8[]', clause.any)}`
}

function anyOf(column: string, rids: readonly bigint[], values: unknown[]): string {
  const [only, ...others] = rids
  if (only === undefined) return 'false'
  if (others.length === 0) return `${column} = ${bind(values, 'int8', only)}`
  return `${column} = any(${bind(values, 'int8[]', rids)})`
}

function mayBeNull(clause: Clause): boolean {
  switch (clause.op) {
    case 'and':
    case 'or':
      return clause.of.some(mayBeNull)
    case 'patient':
    case 'date':
    case 'chain':
    case 'samePatient':
    case 'granted':
      return true
    default:
      return false
  }
}
