import type { IndexValues } from '../../search/index-values.ts'
import type { Key, Rid } from '../../search/keys.ts'
import { cut } from '../../search/text.ts'
import { type Column, manyRows, type Params } from './params.ts'
import type { WriteRow } from './write-rows.ts'

/** What one write puts into `str`, `num` or `dat`: `lo` is the text for a string. */
interface SideRow {
  key: Key
  lo: string | number
  hi: number | null
  rid: Rid
}

interface SideTable {
  readonly name: 'str' | 'num' | 'dat'
  readonly columns: readonly Column<SideRow>[]
  rows(index: IndexValues): readonly (readonly [key: Key, lo: string | number, hi?: number])[]
}

const key: Column<SideRow> = { name: 'key', type: 'int8', of: (row) => row.key }
const rid: Column<SideRow> = { name: 'rid', type: 'int8', of: (row) => row.rid }

function bounds(type: 'int8' | 'float8'): Column<SideRow>[] {
  return [
    { name: 'lo', type, of: ({ lo }) => lo },
    { name: 'hi', type, of: ({ hi }) => hi },
  ]
}

const tables: readonly SideTable[] = [
  {
    name: 'str',
    columns: [key, { name: 'val', type: 'text', of: ({ lo }) => lo }, rid],
    rows: ({ strings }) => strings.map(([key, value]) => [key, cut(value)]),
  },
  { name: 'num', columns: [key, ...bounds('float8'), rid], rows: ({ numbers }) => numbers },
  { name: 'dat', columns: [key, ...bounds('int8'), rid], rows: ({ periods }) => periods },
]

/**
 * The parts of a write statement that keep the side tables true. `replaces`: an SQL condition over `w` for the writes whose
 * old values may be there, or undefined when every write is new. `when`: a condition for all of it.
 *
 * All parts of a statement see the tables as they were before it, so what stays is neither deleted nor inserted.
 */
export function sideParts(
  params: Params,
  writes: readonly WriteRow[],
  { replaces, when }: { replaces: string | undefined; when: string | undefined },
): string[] {
  return tables.flatMap((table) => {
    const rows = writes.flatMap((write) => rowsOf(table, write))
    const names = table.columns.map(({ name }) => name)
    const { name } = table
    const parts: string[] = []
    const same = (other: string) => names.map((column) => `n.${column} = ${other}.${column}`).join(' and ')
    if (rows.length > 0) parts.push(`${name}_new as (${manyRows(params, table.columns, rows)})`)
    if (replaces !== undefined) {
      const stays = rows.length > 0 ? ` and not exists (select from ${name}_new n where ${same('o')})` : ''
      const condition = all(`o.rid = w.rid`, replaces, when)
      parts.push(`${name}_gone as (delete from ${name} o using w where ${condition}${stays})`)
    }
    if (rows.length > 0) {
      const there = replaces === undefined ? undefined : `not exists (select from ${name} o where ${same('o')})`
      const condition = all(when, there)
      const list = names.join(', ')
      parts.push(
        `${name}_made as (insert into ${name} (${list}) select ${list} from ${name}_new n${condition && ` where ${condition}`})`,
      )
    }
    return parts
  })
}

function rowsOf(table: SideTable, write: WriteRow): SideRow[] {
  if (!write.index) return []
  const seen = new Map<string, SideRow>()
  for (const [key, lo, hi = null] of table.rows(write.index))
    seen.set(`${key}|${hi}|${lo}`, { key, lo, hi, rid: write.rid })
  return [...seen.values()]
}

export function all(...conditions: (string | undefined)[]): string {
  return conditions.filter((condition) => condition !== undefined).join(' and ')
}
