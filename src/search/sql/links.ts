import type { Clause } from '../clause.ts'
import { bind } from './bind.ts'
import { table } from './names.ts'
import { among, inner, lookedUp, patientOf, type Row } from './row.ts'
import { isSelective } from './selective.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>
type ClauseSql = (clause: Clause, row: Row, values: unknown[]) => string

/**
 * The row refers to another that meets the condition. Few others are collected first, which an index then finds; many are
 * looked up row by row. Neither has a limit.
 */
export function chainSql(clause: Of<'chain'>, row: Row, values: unknown[], clauseSql: ClauseSql): string {
  const collect = row.of === 'current' && clause.probe !== true && isSelective(clause.where)
  const how = clause.by === 'patient' && !collect ? row.relations : undefined
  const other = inner(row, clause.target, collect || (row.few === true && !how))
  const from = `${table(clause.target)} ${other.alias}`
  const keys = `${row.alias}.${row.of === 'version' ? 'akeys' : 'keys'}`
  const where = clauseSql(clause.where, other, values)
  if (clause.by === 'patient') {
    return collect || how
      ? among(`${row.alias}.pat`, `select ${other.alias}.rid from ${from} where ${where}`, how ?? 'array')
      : `exists (select from ${from} where ${other.alias}.rid = ${patientOf(row, values)} and ${where}${lookedUp(row)})`
  }
  const salt = bind(values, 'int8', clause.by)
  if (clause.via !== undefined) {
    const key = `k # ${bind(values, 'int8', clause.via)} # ${salt}`
    return `${keys} && array(select ${key} from ${from}, unnest(${other.alias}.keys) k where ${where})`
  }
  return collect
    ? `${keys} && array(select ${other.alias}.rid # ${salt} from ${from} where ${where})`
    : `exists (select from unnest(${keys}) k join ${from} on ${other.alias}.rid = k # ${salt} where ${where}${lookedUp(row)})`
}

/** Another row that meets the condition refers to this one. */
export function hasSql(clause: Of<'has'>, row: Row, values: unknown[], clauseSql: ClauseSql): string {
  const collect = row.of === 'current' && clause.probe !== true && isSelective(clause.where)
  const other = inner(row, clause.source, collect || row.few === true)
  const from = `${table(clause.source)} ${other.alias}`
  const where = clauseSql(clause.where, other, values)
  if (clause.by === 'patient') {
    const patients = `select distinct ${other.alias}.pat from ${from} where ${other.alias}.pat is not null and ${where}`
    return collect
      ? `${row.alias}.rid = any(array(${patients}))`
      : `exists (select from ${from} where ${other.alias}.pat = ${row.alias}.rid and ${where}${lookedUp(row)})`
  }
  const salt = bind(values, 'int8', clause.by)
  if (clause.via !== undefined) {
    const key = `k # ${salt} # ${bind(values, 'int8', clause.via)}`
    return `${row.alias}.keys && array(select ${key} from ${from}, unnest(${other.alias}.keys) k where ${where})`
  }
  return collect
    ? `${row.alias}.rid = any(array(select k # ${salt} from ${from}, unnest(${other.alias}.keys) k where ${where}))`
    : `exists (select from ${from} where ${other.alias}.keys @> array[${row.alias}.rid # ${salt}] and ${where}${lookedUp(row)})`
}

/** The row's patient also has a row of another type that meets the condition. */
export function samePatientSql(clause: Of<'samePatient'>, row: Row, values: unknown[], clauseSql: ClauseSql): string {
  const other = inner(row, clause.type, row.few === true && !row.relations)
  const from = `${table(clause.type)} ${other.alias}`
  const where = clauseSql(clause.where, other, values)
  if (!row.relations)
    return `exists (select from ${from} where ${other.alias}.pat = ${patientOf(row, values)} and ${where}${lookedUp(row)})`
  const patients = `select ${other.alias}.pat from ${from} where ${other.alias}.pat is not null and ${where}`
  return among(`${row.alias}.pat`, patients, row.relations)
}
