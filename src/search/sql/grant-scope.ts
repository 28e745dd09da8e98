import type { Clause } from '../clause.ts'
import type { Key } from '../keys.ts'
import { labelBits } from '../label-bits.ts'
import { open } from './bind.ts'
import { dateColumn, table } from './names.ts'
import type { Row } from './row.ts'

type Granted = Extract<Clause, { op: 'granted' }>

const { confidential, every, normal, restricted, sensitive } = labelBits

/** Whether the grant speaks of the row's labels, or of what has none; access/labels.ts says the same of numbers. */
export function labelsSql(effect: Granted['effect'], alias: string | undefined, g: string): string {
  const named = `${g}.labels`
  if (alias === undefined) return `(${named} & ${normal}) <> 0`
  const has = `${alias}.labels`
  if (effect === 'deny') return `((${has} & ${named}) <> 0 or (${has} = 0 and (${named} & ${normal}) <> 0))`
  const byConfidentiality = `(${has} & ${confidential}) <> 0 and (${has} & ${confidential} & ~${named}) = 0`
  const byTopic = `(${has} & ${sensitive}) <> 0 and (${has} & ${every & ~restricted} & ~${named}) = 0`
  return `case when ${has} = 0 then (${named} & ${normal}) <> 0 else (${byConfidentiality}) or (${byTopic}) end`
}

/**
 * Whether the grant speaks of the row's part of the record. Only the current row can tell; of an older version a permit that
 * is limited so says nothing, and a deny says everything.
 */
export function partSql(clause: Granted, row: Row, g: string, values: unknown[]): string {
  if (!clause.data) return `not ${g}.narrow`
  if (row.of === 'current') return `(not ${g}.narrow or (${withinSql(clause.data, row.alias, g, values)}))`
  const c = `${g}c`
  const within = withinSql(clause.data, c, g, values)
  const current = `select from ${table(row.type)} ${c} where ${c}.rid = ${row.alias}.rid and ${c}.ver = ${row.alias}.ver`
  const known =
    clause.effect === 'deny' ? `not exists (${current} and not (${within}))` : `exists (${current} and ${within})`
  return `(not ${g}.narrow or ${known})`
}

function withinSql(
  { authored, related, dated }: NonNullable<Granted['data']>,
  c: string,
  g: string,
  values: unknown[],
): string {
  // A function, since a subquery here is planned with each search, and few grants are limited to a part.
  const refers = (salts: readonly Key[]) =>
    salts.length === 0 ? 'false' : `${c}.keys && reference_keys(${g}.about, ${open(values, 'bigint[]', salts)})`
  const [lo, hi] = dated
    ? [`coalesce(${dateColumn(c, dated, 'lo')}, ${c}.lu)`, `coalesce(${dateColumn(c, dated, 'hi')}, ${c}.lu + 1)`]
    : [`${c}.lu`, `${c}.lu + 1`]
  return `case ${g}.how when 0 then true when 1 then ${g}.about = ${c}.rid or ${refers(related)}
      when 2 then ${refers(authored)} else false end
    and (${g}.data_lo is null or (${lo} < ${g}.data_hi and ${hi} > ${g}.data_lo))`
}
