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
  const of = covers === 'subject' ? `${alias}.rid` : `${alias}.pat`
  const spoken = spokenOf(of, held(g, effect), g, row)
  if (covers === 'subject') return spoken ?? exists(`${g}.pat = ${of}`)
  const patient = patientOf(row, values)
  if (effect === 'rule') return spoken ?? exists(`${g}.pat = ${patient}`)
  const covered = `${labelsSql(effect, alias, g)} and ${partSql(clause, row, g, values)}`
  const lasting = effect === 'deny' ? ` and not (${exceptedSql(clause, row, g, held, values)})` : ''
  // A Consent speaks of its own patient's data, whatever it names.
  const met = exists(`${g}.pat = ${patient} and ${names(g, row)} and ${covered}${lasting}`)
  if (relations === 'set' && effect === 'deny') {
    const denied = spoken ?? among(of, `select ${g}.pat from access_grant ${g} where ${held(g, effect)}`, 'set')
    return `(${denied} and ${met})`
  }
  if (isForEverybody(clause)) return spoken ? `(${spoken} and ${met})` : met
  if (!relations || effect === 'deny') return met
  const collected = (columns: string, which: string) =>
    `select ${columns} from access_grant ${g} where ${held(g, effect)} and ${which}`
  const [chart, single] = [`${g}.rid = 0`, `${g}.type = ${literal(type)}`]
  const named = `(${among(of, collected(`${g}.pat`, chart), relations)} or ${among(`${alias}.rid`, collected(`${g}.rid`, single), relations)})`
  if (relations === 'array') return `(${named} and ${met})`
  // Among those found by grants alone, labels and limits are compared with each grant, where there are any.
  const plain = (columns: string, which: string) =>
    collected(columns, `${which} and not ${g}.narrow and ${labelsSql(effect, undefined, g)}`)
  const plainly = `${alias}.labels = 0 and (${of} in (${plain(`${g}.pat`, chart)})
    or (${alias}.rid, ${of}) in (${plain(`${g}.rid, ${g}.pat`, single)}))`
  return `(${named} and (${plainly} or ${met}))`
}

/** What grants of this kind say anything of at all, when the statement has found out whose rows there are. */
function spokenOf(of: string, held: string, g: string, { patients }: Row): string | undefined {
  return (
    patients &&
    among(of, `select ${g}.pat from access_grant ${g} where ${held} and ${g}.pat = any(array(${patients}))`, 'set')
  )
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

/** The patients whose whole record is granted, and the rows of a type that are granted as such. */
export function grantedRowsSql(clause: Of<'granted'>, type: string, values: unknown[]) {
  const held = heldBy(clause, values)('g', clause.effect)
  return {
    patients: `select g.pat from access_grant g where ${held} and g.rid = 0`,
    rows: `select t.rid, t.pat from access_grant g join ${table(type)} t on t.rid = g.rid
        where ${held} and g.type = ${literal(type)}`,
  }
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
