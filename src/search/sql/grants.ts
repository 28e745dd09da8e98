import type { Clause } from '../clause.ts'
import { bind } from './bind.ts'
import { literal, table } from './names.ts'
import { inner, type Row } from './row.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>
type ClauseSql = (clause: Clause, row: Row, values: unknown[]) => string

/** Expiry is a comparison with the time of the request, so that a grant ends without any job having to run. */
export function grantedSql(clause: Of<'granted'>, { alias, type }: Row, values: unknown[]): string {
  const g = `${alias}g`
  const at = bind(values, 'int8', clause.at)
  const effect = clause.effect === 'permit' ? 1 : -1
  const held = `${g}.grantee = any(${bind(values, 'int8[]', clause.grantees)}) and ${g}.effect = ${effect}
    and ${g}.starts <= ${at} and ${g}.ends > ${at}`
  const grant = (which: string) => `exists (select from access_grant ${g} where ${held} and ${which})`
  if (clause.covers === 'subject') return grant(`${g}.pat = ${alias}.rid`)
  const labels = clause.effect === 'permit' ? ` and (${alias}.labels & ~${g}.labels) = 0` : ''
  const whole = grant(`${g}.pat = ${alias}.pat and ${g}.rid = 0${labels}`)
  const single = grant(`${g}.type = ${literal(type)} and ${g}.rid = ${alias}.rid${labels}`)
  return `(${whole} or ${single})`
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
