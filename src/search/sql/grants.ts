import type { Clause } from '../clause.ts'
import { bind, open } from './bind.ts'
import { labelsSql, partSql } from './grant-scope.ts'
import { literal, table } from './names.ts'
import { among, inner, lookedUp, patientOf, type Row } from './row.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>
type ClauseSql = (clause: Clause, row: Row, values: unknown[]) => string

const effects = { permit: 1, deny: -1, rule: 0 } as const

/** Expiry is a comparison with the time of the request, so that a grant ends without any job having to run. */
export function grantedSql(clause: Of<'granted'>, row: Row, values: unknown[]): string {
  const { alias, type, relations } = row
  const { effect, covers } = clause
  const g = `${alias}g`
  const held = heldBy(clause, values)
  const exists = (which: string) =>
    `exists (select from access_grant ${g} where ${held(g, effect)} and ${which}${lookedUp(row)})`
  if (covers === 'subject') return exists(`${g}.pat = ${alias}.rid`)
  const patient = patientOf(row, values)
  if (effect === 'rule') return exists(`${g}.pat = ${patient}`)
  const covered = `${labelsSql(effect, alias, g)} and ${partSql(clause, row, g, values)}`
  const lasting = effect === 'deny' ? ` and not (${exceptedSql(clause, row, g, held, values)})` : ''
  // A Consent speaks of its own patient's data, whatever it names.
  const met = exists(`${g}.pat = ${patient} and ${names(g, row)} and ${covered}${lasting}`)
  const collected = (column: string, which: string) =>
    `select ${g}.${column} from access_grant ${g} where ${held(g, effect)}${which}`
  if (relations === 'set' && effect === 'deny')
    return `(${among(`${alias}.pat`, collected('pat', ''), 'set')} and ${met})`
  if (!relations || effect === 'deny' || isForEverybody(clause)) return met
  // Among those found by grants alone, labels and limits are still compared with each grant.
  const chart = among(`${alias}.pat`, collected('pat', ` and ${g}.rid = 0`), relations)
  const single = among(`${alias}.rid`, collected('rid', ` and ${g}.type = ${literal(type)}`), relations)
  return `((${chart} or ${single}) and ${met})`
}

/** The grant names the row or its patient's whole record: one probe of an index, where `or` would take two. */
function names(g: string, { alias, type }: Row): string {
  return `${g}.rid = any(array[0, ${alias}.rid]) and (${g}.rid = 0 or ${g}.type = ${literal(type)})`
}

/** What is granted to everybody is much, and is never collected: it is looked up for each row that something else found. */
export function isForEverybody({ grantees }: Of<'granted'>): boolean {
  return grantees.includes(0n)
}

/** What grants make the rows of a type visible at all: one row for each. */
export function grantsSql(clause: Of<'granted'>, type: string, values: unknown[]): string {
  const held = heldBy(clause, values)('g', clause.effect)
  return `select from access_grant g where ${held} and (g.rid = 0 or g.type = ${literal(type)})`
}

type Held = (g: string, effect: Of<'granted'>['effect']) => string

function heldBy({ grantees, at, purposes }: Of<'granted'>, values: unknown[]): Held {
  const who = bind(values, 'int8[]', grantees)
  // No statistics speak of a difference: known or not, its value makes no plan look better, and it need not be hidden (bind.ts).
  const time = open(values, 'bigint', at)
  const acting = open(values, 'integer', purposes)
  return (g, effect) => `${g}.grantee = any(${who}) and ${g}.effect = ${effects[effect]}
    and ${g}.starts - ${time} <= 0 and ${g}.ends - ${time} > 0 and (${g}.purpose = 0 or (${g}.purpose & ${acting}) <> 0)`
}

/** An exception of the same Consent permits what its rule denies. */
function exceptedSql(clause: Of<'granted'>, row: Row, g: string, held: Held, values: unknown[]): string {
  const n = `${g}n`
  const permitted = `${labelsSql('permit', row.alias, n)} and ${partSql({ ...clause, effect: 'permit' }, row, n, values)}`
  return `${g}.excepted and exists (select from access_grant ${n} where ${n}.consent = ${g}.consent and ${n}.nested
    and ${held(n, 'permit')} and ${n}.pat = ${g}.pat and ${names(n, row)} and ${permitted})`
}

/** The first link fixes the owner for good, so every version's attachment names the same one. */
export function ownedSql(clause: Of<'owned'>, row: Row, values: unknown[], clauseSql: ClauseSql): string {
  const a = `${row.alias}a`
  const owner = inner(row, clause.type, row.few === true)
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
