import type { Clause } from '../clause.ts'
import { bind } from './bind.ts'
import { literal, table } from './names.ts'
import { among, inner, patientOf, type Row } from './row.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>
type ClauseSql = (clause: Clause, row: Row, values: unknown[]) => string

/** Expiry is a comparison with the time of the request, so that a grant ends without any job having to run. */
export function grantedSql(clause: Of<'granted'>, row: Row, values: unknown[]): string {
  const { alias, type, relations } = row
  const g = `${alias}g`
  const held = heldSql(clause, g, values)
  const exists = (which: string) => `exists (select from access_grant ${g} where ${held} and ${which})`
  if (clause.covers === 'subject') return exists(`${g}.pat = ${alias}.rid`)
  const labels = clause.effect === 'permit' ? ` and (${alias}.labels & ~${g}.labels) = 0` : ''
  const whole = exists(`${g}.pat = ${patientOf(row, values)} and ${g}.rid = 0${labels}`)
  const single = exists(`${g}.type = ${literal(type)} and ${g}.rid = ${alias}.rid${labels}`)
  if (!relations || clause.effect === 'deny') return `(${whole} or ${single})`
  // Among those found by grants alone, the labels are still compared with each grant.
  const found = (column: string, which: string) =>
    among(`${alias}.${column}`, `select ${g}.${column} from access_grant ${g} where ${held} and ${which}`, relations)
  return `((${found('pat', `${g}.rid = 0`)} and ${whole}) or (${found('rid', `${g}.type = ${literal(type)}`)} and ${single}))`
}

/** What grants make the rows of a type visible at all: one row for each. */
export function grantsSql(clause: Of<'granted'>, type: string, values: unknown[]): string {
  return `select from access_grant g where ${heldSql(clause, 'g', values)} and (g.rid = 0 or g.type = ${literal(type)})`
}

function heldSql({ grantees, at, effect }: Of<'granted'>, g: string, values: unknown[]): string {
  const time = bind(values, 'int8', at)
  return `${g}.grantee = any(${bind(values, 'int8[]', grantees)}) and ${g}.effect = ${effect === 'permit' ? 1 : -1}
    and ${g}.starts <= ${time} and ${g}.ends > ${time}`
}

/** The first link fixes the owner for good, so every version's attachment names the same one. */
export function ownedSql(clause: Of<'owned'>, row: Row, values: unknown[], clauseSql: ClauseSql): string {
  const a = `${row.alias}a`
  const owner = inner(row, clause.type)
  return `exists (select from attachment ${a} join ${table(clause.type)} ${owner.alias} on ${owner.alias}.rid = ${a}.owner
    where ${a}.rid = ${row.alias}.rid and ${a}.owner_type = ${literal(clause.type)}
    and ${clauseSql(clause.where, owner, values)})`
}

export function unownedSql(clause: Of<'unowned'>, { alias }: Row, values: unknown[]): string {
  const a = `${alias}a`
  const sent = `${a}.uploader = ${bind(values, 'int8', clause.uploader)}`
  return `(exists (select from attachment ${a} where ${a}.rid = ${alias}.rid and ${sent})
    and not exists (select from attachment ${a} where ${a}.rid = ${alias}.rid and ${a}.owner is not null))`
}
