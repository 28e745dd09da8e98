import type { Clause } from '../clause.ts'
import { bind } from './bind.ts'
import { dateBounds, localDateBounds, numberBounds, type ZonedRange } from './bounds.ts'
import { boxAround, earthRadius } from '../position.ts'
import { dateColumn } from './names.ts'
import type { Row } from './row.ts'

type Of<Op extends Clause['op']> = Extract<Clause, { op: Op }>

/** Sorts behind every string that starts like the one before it. */
const last = '\u{10FFFF}'

export function stringSql(clause: Of<'string'>, row: Row, values: unknown[]): string {
  return beside('str', row, clause.key, () => stringTest(clause, `${row.alias}t.val`, values), values)
}

/** The rids of the rows that have such a string, of whatever type: the key is one type's. */
export function stringRowsSql(clause: Of<'string'>, values: unknown[]): string {
  const key = bind(values, 'int8', clause.key)
  return `select t.rid from str t where t.key = ${key} and ${stringTest(clause, 't.val', values)}`
}

export function stringTest({ match, value }: Of<'string'>, val: string, values: unknown[]): string {
  switch (match) {
    case 'equals':
      return `${val} = ${bind(values, 'text', value)}`
    case 'starts':
      return startsSql(val, value, values)
    case 'contains':
      return `${val} like ${bind(values, 'text', `%${escapedLike(value)}%`)}`
    case 'ends':
      return `${val} like ${bind(values, 'text', `%${escapedLike(value)}`)}`
  }
}

function escapedLike(value: string): string {
  return value.replace(/[\\%_]/g, '\\$&')
}

function startsSql(val: string, start: string, values: unknown[]): string {
  return `${val} >= ${bind(values, 'text', start)} and ${val} < ${bind(values, 'text', start + last)}`
}

/** The texts are collected once and the row's keys looked up among them: few texts are written again and again. */
export function textSql({ salt, starts, filter }: Of<'text'>, { alias }: Row, values: unknown[]): string {
  const keys = `${alias}.${filter ? 'fkeys' : 'keys'}`
  const entry = `${alias}k # ${bind(values, 'int8', salt)}`
  const found = `select l.key from lexicon l where ${startsSql('l.val', starts, values)}`
  return `exists (select from unnest(${keys}) ${alias}k where ${entry} in (${found}))`
}

export function numberSql({ key, bounds }: Of<'number'>, row: Row, values: unknown[]): string {
  const range = { lo: `${row.alias}t.lo`, hi: `${row.alias}t.hi` }
  return beside('num', row, key, () => numberBounds(range, bounds, values), values)
}

export function periodSql({ at, bounds, local }: Of<'date'>, row: Row, values: unknown[]): string {
  const within = (range: ZonedRange) => (local ? localDateBounds : dateBounds)(range, bounds, values)
  if ('column' in at) return `(${within(columnRange(row.alias, at.column))})`
  const t = `${row.alias}t`
  const range = { lo: `${t}.lo`, hi: `${t}.hi`, loZone: `${t}.lz`, hiZone: `${t}.hz` }
  return beside('dat', row, at.key, () => within(range), values)
}

function columnRange(alias: string, column: string): ZonedRange {
  const [lo, hi, loZone, hiZone] = (['lo', 'hi', 'lz', 'hz'] as const).map((part) => dateColumn(alias, column, part))
  return { lo: lo!, hi: hi!, loZone: loZone!, hiZone: hiZone! }
}

/** The haversine formula, on the rows that the index of latitudes leaves. */
export function nearSql({ keys, ...asked }: Of<'near'>, row: Row, values: unknown[]): string {
  const [a, o] = [`${row.alias}t.lo`, `${row.alias}o.lo`]
  const { south, north, west, east, acrossDateLine } = boxAround(asked)
  const number = (value: number) => bind(values, 'float8', value)
  const longitude = `${o} >= ${number(west)} ${acrossDateLine ? 'or' : 'and'} ${o} <= ${number(east)}`
  const latitude = number(asked.latitude)
  const half = (from: string, to: string) => `sin(radians(${to} - ${from}) / 2) ^ 2`
  const chord = `${half(latitude, a)} + cos(radians(${latitude})) * cos(radians(${a})) * ${half(number(asked.longitude), o)}`
  return `exists (select from num ${row.alias}t join num ${row.alias}o on ${row.alias}o.rid = ${row.alias}t.rid
    where ${row.alias}t.key = ${bind(values, 'int8', keys.latitude)} and ${row.alias}t.rid = ${row.alias}.rid
    and ${row.alias}o.key = ${bind(values, 'int8', keys.longitude)} and ${a} between ${number(south)} and ${number(north)}
    and (${longitude}) and ${2 * earthRadius} * asin(least(1, sqrt(${chord}))) <= ${number(asked.metres)})`
}

/** One value of the row in a side table passes the whole test. */
function beside(name: string, { alias }: Row, key: bigint, test: () => string, values: unknown[]): string {
  const wanted = bind(values, 'int8', key)
  return `exists (select from ${name} ${alias}t where ${alias}t.key = ${wanted} and ${alias}t.rid = ${alias}.rid and ${test()})`
}
