import type { ElementValues, IndexValues } from '../../search/index-values.ts'
import type { Key, Rid } from '../../search/keys.ts'
import { cut } from '../../search/text.ts'
import { type Column, manyRows, type Params } from './params.ts'
import type { WriteRow } from './write-rows.ts'

/** What one write puts into a side table: a value for each column but the last, which is the `rid`. */
interface SideRow {
  values: readonly unknown[]
  rid: Rid
}

interface SideTable {
  readonly name: string
  readonly columns: readonly Column<SideRow>[]
  rows(index: IndexValues): readonly (readonly unknown[])[]
}

type Named = readonly [name: string, type: Column<SideRow>['type']]

function sideTable(name: string, columns: readonly Named[], rows: SideTable['rows']): SideTable {
  const rid: Column<SideRow> = { name: 'rid', type: 'int8', of: (row) => row.rid }
  const own = columns.map(([column, type], n): Column<SideRow> => {
    return { name: column, type, of: ({ values }) => values[n] ?? null }
  })
  return { name, columns: [...own, rid], rows }
}

const key: Named = ['key', 'int8']
/** Whether a walk in rising, or in falling, order meets the resource at this value (search/sql/walks.ts). */
const ends: Named[] = [
  ['first', 'bool'],
  ['last', 'bool'],
]
const bounds = (type: 'int8' | 'float8'): Named[] => [
  ['lo', type],
  ['hi', type],
]
const zones: Named[] = [
  ['lz', 'int2'],
  ['hz', 'int2'],
]
const ofElement: Named[] = [
  ['keys', 'int8[]'],
  ['nkey', 'int8[]'],
  ['nlo', 'float8[]'],
  ['nhi', 'float8[]'],
  ['skey', 'int8[]'],
  ['sval', 'text[]'],
]

const tables: readonly SideTable[] = [
  sideTable('str', [key, ['val', 'text'], ...ends], ({ strings }) => {
    return withEnds(
      strings.map(([key, value]) => [key, cut(value)]),
      byBytes,
    )
  }),
  sideTable('num', [key, ...bounds('float8'), ...ends], ({ numbers }) => withEnds(numbers, byNumber)),
  sideTable('dat', [key, ...bounds('int8'), ...zones, ...ends], ({ periods }) => {
    return withEnds(
      periods.map(([key, lo, hi, lz, hz]) => [key, lo, hi, lz ?? null, hz ?? null]),
      byNumber,
    )
  }),
  sideTable('fts', [key, ['words', 'tsvector']], ({ words }) => words),
  sideTable('element', [key, ...ofElement], ({ elements }) => elements.map(elementRow)),
]

type Ordered<Value> = readonly [key: Key, value: Value, ...unknown[]]

/** The rows, without doubles, each with whether it is the first and the last of its key; of equal ones one alone is. */
function withEnds<Value>(
  rows: readonly Ordered<Value>[],
  compare: (a: Value, b: Value) => number,
): (readonly unknown[])[] {
  const first = new Map<Key, Ordered<Value>>()
  const last = new Map<Key, Ordered<Value>>()
  const distinct = [...new Map(rows.map((row) => [row.join('|'), row])).values()]
  for (const row of distinct) {
    const [lowest, highest] = [first.get(row[0]), last.get(row[0])]
    if (!lowest || compare(row[1], lowest[1]) < 0) first.set(row[0], row)
    if (!highest || compare(row[1], highest[1]) > 0) last.set(row[0], row)
  }
  return distinct.map((row) => [...row, first.get(row[0]) === row, last.get(row[0]) === row])
}

/** As Postgres orders texts in the collation "C"; UTF-16, which `<` compares, differs beyond the first plane. */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const byNumber = (a: number, b: number) => a - b

function elementRow({ key, keys, numbers, strings }: ElementValues): readonly unknown[] {
  const column = (rows: readonly (readonly unknown[])[], n: number) => rows.map((row) => row[n])
  const inNumbers = [0, 1, 2].map((n) => column(numbers, n))
  const texts = strings.map(([, value]) => cut(value))
  return [key, keys, ...inNumbers, column(strings, 0), texts]
}

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
  return [...lexiconPart(params, writes, when), ...tables.flatMap(partsOf)]

  function partsOf(table: SideTable): string[] {
    const rows = writes.flatMap((write) => rowsOf(table, write))
    const names = table.columns.map(({ name }) => name)
    const { name } = table
    const parts: string[] = []
    const same = (other: string) => names.map((column) => sameValue(column, other)).join(' and ')
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
  }
}

/**
 * Texts stay in clear when nothing holds their keys any more, the displays of references (names of people) among them, also after
 * the resource was corrected or deleted: whether any row holds one stands in unindexed `fkeys`, so that to find out would read
 * every table. Who must have them gone empties `lexicon` and runs `npm run reindex -- --all`.
 */
function lexiconPart(params: Params, writes: readonly WriteRow[], when: string | undefined): string[] {
  const texts = new Map<Key, string>()
  for (const { index } of writes) for (const [key, text] of index?.texts ?? []) texts.set(key, text)
  if (texts.size === 0) return []
  const rows = manyRows<readonly [Key, string]>(params, lexiconColumns, [...texts])
  const condition = all('not exists (select from lexicon o where o.key = n.key)', when)
  // In one order everywhere, so that two statements with the same new texts wait for each other instead of deadlocking.
  const insert = `insert into lexicon (key, val) select n.key, n.val from (${rows}) n where ${condition} order by n.key`
  return [`lexicon_made as (${insert} on conflict do nothing)`]
}

const lexiconColumns: readonly Column<readonly [Key, string]>[] = [
  { name: 'key', type: 'int8', of: ([key]) => key },
  { name: 'val', type: 'text', of: ([, text]) => text },
]

function sameValue(column: string, other: string): string {
  const is = zones.some(([name]) => name === column) ? 'is not distinct from' : '='
  return `n.${column} ${is} ${other}.${column}`
}

function rowsOf(table: SideTable, write: WriteRow): SideRow[] {
  if (!write.index) return []
  const seen = new Map<string, SideRow>()
  for (const values of table.rows(write.index)) seen.set(values.join('|'), { values, rid: write.rid })
  return [...seen.values()]
}

export function all(...conditions: (string | undefined)[]): string {
  return conditions.filter((condition) => condition !== undefined).join(' and ')
}
