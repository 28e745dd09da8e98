import type { Key } from '../../search/keys.ts'
import type { Statement } from '../../search/request.ts'
import type { AuditRow, Write } from '../store.ts'
import { auditInsert } from './audit-rows.ts'
import type { DateColumns } from './date-columns.ts'
import { type Column, createParams, manyRows, oneRow, type Params } from './params.ts'
import { all, sideParts } from './side-values.ts'

/**
 * What a write does to the rows: `insert` a new identity, `insertIfFree` one whose id a client chose, `insertAgain` after a
 * deletion, `update`, `delete`. All but the first depend on what is there.
 */
type Deed = 'insert' | 'insertIfFree' | 'insertAgain' | 'update' | 'delete'

interface Row {
  n: number
  table: string
  deed: Deed
  write: Write
  dates: readonly (number | null)[]
}

/**
 * The one statement of any number of writes, with their index values and audit rows. It stores all of them or none:
 *
 * - one write: its current row is written under the condition that the expected version is current; everything else in the
 *   statement happens only if that row was written;
 * - several: every row is first locked and its version compared; the rest happens only if all of them passed.
 *
 * The rows that the statement answers are the writes that passed. https://www.postgresql.org/docs/current/queries-with.html
 */
export function putStatement(
  dateColumns: DateColumns,
  writes: readonly Write[],
  audit: readonly AuditRow[],
): Statement {
  const params = createParams()
  const rows = writes.map((write, n) => rowOf(dateColumns, write, n))
  const [first, ...others] = rows
  const body = first && others.length === 0 ? single(params, dateColumns, first) : several(params, dateColumns, rows)
  const replaced = rows.some(({ deed }) => deed === 'update' || deed === 'delete')
  const replaces = !replaced ? undefined : others.length === 0 ? 'true' : "w.deed in ('update', 'delete')"
  const parts = [...body.parts, ...sideParts(params, writes, { replaces, when: body.when })]
  if (audit.length > 0) parts.push(`audited as (${auditInsert(params, audit, body.when)})`)
  return { text: `with ${parts.join(',\n')}\n${body.answer}`, values: params.values }
}

function rowOf(dateColumns: DateColumns, write: Write, n: number): Row {
  const table = write.type.toLowerCase()
  const columns = dateColumns.get(table)
  if (!columns) throw new Error(`There is no table for ${write.type}.`)
  const dates = write.kind === 'delete' ? [] : columns.flatMap((column) => write.index.dates[column] ?? [null, null])
  return { n, table, deed: deedOf(write), write, dates }
}

function deedOf(write: Write): Deed {
  if (write.kind === 'delete') return 'delete'
  if (write.kind === 'update') return write.revive ? 'insertAgain' : 'update'
  // The rid of an id that the server made has its top bit clear, and is new; see search/keys.ts.
  return write.rid < 0n ? 'insertIfFree' : 'insert'
}

const values: readonly Column<Row>[] = [
  { name: 'rid', type: 'int8', of: ({ write }) => write.rid },
  { name: 'expected', type: 'int4', of: ({ write }) => (write.kind === 'create' ? 0 : write.expectedVersion) },
  { name: 'lu', type: 'int8', of: ({ write }) => write.lastUpdated },
  { name: 'id', type: 'text', of: ({ write }) => write.id },
]

const contents: readonly Column<Row>[] = [
  { name: 'pat', type: 'int8', of: ({ write }) => (write.kind === 'delete' ? null : write.index.pat) },
  { name: 'labels', type: 'int4', of: ({ write }) => (write.kind === 'delete' ? null : write.index.labels) },
  { name: 'keys', type: 'int8[]', of: ({ write }) => keysOf(write, 'keys') },
  { name: 'fkeys', type: 'int8[]', of: ({ write }) => keysOf(write, 'fkeys') },
  { name: 'akeys', type: 'int8[]', of: ({ write }) => keysOf(write, 'akeys') },
  { name: 'dates', type: 'int8[]', of: ({ dates }) => dates },
  { name: 'json', type: 'text', of: ({ write }) => (write.kind === 'delete' ? null : write.json) },
]

const places: readonly Column<Row>[] = [
  { name: 'n', type: 'int4', of: ({ n }) => n },
  { name: 'tab', type: 'text', of: ({ table }) => table },
  { name: 'deed', type: 'text', of: ({ deed }) => deed },
]

function keysOf(write: Write, name: 'keys' | 'fkeys' | 'akeys'): readonly Key[] | null {
  return write.kind === 'delete' ? null : write.index[name]
}

interface Body {
  parts: string[]
  /** The condition under which the rest of the statement happens. */
  when: string | undefined
  answer: string
}

function single(params: Params, dateColumns: DateColumns, row: Row): Body {
  const { table, deed } = row
  const columns = deed === 'delete' ? values : [...values, ...contents]
  const parts = [`w as not materialized (${oneRow(params, columns, row)})`]
  const free = freeCondition(table, deed)
  const when = deed === 'insert' ? undefined : 'exists (select from m)'
  if (deed === 'update') parts.push(`m as (${update(dateColumns, table, 's.ver = w.expected')} returning s.rid)`)
  else if (deed === 'delete') parts.push(`m as (${remove(table, 's.ver = w.expected')} returning s.rid)`)
  else parts.push(`m as (${insert(dateColumns, table, free)} returning rid)`)
  const version = deed === 'delete' ? deletedVersion(table, when) : newVersion(table, when)
  return { parts, when, answer: `${version} returning 0 as n` }
}

function several(params: Params, dateColumns: DateColumns, rows: readonly Row[]): Body {
  const parts = [`w as materialized (${manyRows(params, [...places, ...values, ...contents], inLockOrder(rows))})`]
  const deeds = new Map<string, Set<Deed>>()
  for (const { table, deed } of rows) deeds.set(table, (deeds.get(table) ?? new Set()).add(deed))
  const guards = [...deeds].flatMap(([table, done]) => guardsOf(table, done))
  guards.forEach((guard, n) => parts.push(`g${n} as materialized (${guard})`))
  const passed = guards.map((_, n) => `select n from g${n}`).join(' union all ')
  const guarded = rows.filter(({ deed }) => deed !== 'insert').length
  if (guarded > 0)
    parts.push(`gate as materialized (select count(*) = ${params.add(guarded)}::int8 as open from (${passed}) g)`)
  const when = guarded > 0 ? '(select open from gate)' : undefined
  for (const [table, done] of deeds) {
    const here = (condition: string) => all(`w.tab = '${table}'`, condition, when)
    const inserts = "w.deed like 'insert%'"
    const isNew = "w.deed <> 'delete'"
    const part = (text: string) => parts.push(`m${parts.length} as (${text})`)
    if ([...done].some((deed) => deed.startsWith('insert'))) part(insert(dateColumns, table, here(inserts)))
    if (done.has('update')) part(update(dateColumns, table, here("w.deed = 'update'")))
    if (done.has('delete')) part(remove(table, here("w.deed = 'delete'")))
    if (done.has('delete')) part(deletedVersion(table, here("w.deed = 'delete'")))
    if ([...done].some((deed) => deed !== 'delete')) part(newVersion(table, here(isNew)))
  }
  const unguarded = `select n from w where deed = 'insert'`
  return { parts, when, answer: [unguarded, passed].filter(Boolean).join(' union all ') }
}

/** Rows are locked in one order everywhere, so that two statements wait for each other instead of deadlocking. */
function inLockOrder(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => {
    if (a.table !== b.table) return a.table < b.table ? -1 : 1
    return a.write.rid < b.write.rid ? -1 : a.write.rid > b.write.rid ? 1 : 0
  })
}

/** `for update` waits for a writer that was quicker, and then compares the version that it left. */
function guardsOf(table: string, deeds: ReadonlySet<Deed>): string[] {
  const guards: string[] = []
  if (deeds.has('update') || deeds.has('delete')) {
    guards.push(
      `select w.n from w join "${table}" s on s.rid = w.rid and s.ver = w.expected
       where w.tab = '${table}' and w.deed in ('update', 'delete') for update of s`,
    )
  }
  for (const deed of ['insertIfFree', 'insertAgain'] as const) {
    if (!deeds.has(deed)) continue
    guards.push(`select w.n from w where w.tab = '${table}' and w.deed = '${deed}' and ${freeCondition(table, deed)}`)
  }
  return guards
}

/** What must be so for a row to be inserted. Two that see it so at once meet at a primary key, and one of them fails. */
function freeCondition(table: string, deed: Deed): string | undefined {
  if (deed === 'insertIfFree') return `not exists (select from "${table}_v" v where v.rid = w.rid)`
  if (deed !== 'insertAgain') return undefined
  return `exists (select from "${table}_v" v where v.rid = w.rid and v.ver = w.expected and v.deleted)
    and not exists (select from "${table}_v" v where v.rid = w.rid and v.ver > w.expected)`
}

const plain = ['rid', 'lu', 'pat', 'labels', 'keys', 'fkeys', 'akeys']

function insert(dateColumns: DateColumns, table: string, where: string | undefined): string {
  const dates = dateNames(dateColumns, table)
  return `insert into "${table}" (${[...plain, 'ver', ...dates].join(', ')})
    select ${[...plain, 'expected + 1', ...dates.map((_, n) => `dates[${n + 1}]`)].join(', ')} from w${whereOf(where)}`
}

function update(dateColumns: DateColumns, table: string, where: string): string {
  const sets = plain.slice(1).map((column) => `${column} = w.${column}`)
  const dates = dateNames(dateColumns, table).map((column, n) => `${column} = w.dates[${n + 1}]`)
  return `update "${table}" s set ${['ver = w.expected + 1', ...sets, ...dates].join(', ')}
    from w where s.rid = w.rid and ${where}`
}

function remove(table: string, where: string): string {
  return `delete from "${table}" s using w where s.rid = w.rid and ${where}`
}

function newVersion(table: string, where: string | undefined): string {
  return `insert into "${table}_v" (rid, ver, lu, id, pat, labels, akeys, json)
    select rid, expected + 1, lu, id, pat, labels, akeys, json from w${whereOf(where)}`
}

/** What access needs to judge a deletion is what the last version had. */
function deletedVersion(table: string, where: string | undefined): string {
  return `insert into "${table}_v" (rid, ver, lu, deleted, id, pat, labels, akeys, json)
    select w.rid, w.expected + 1, w.lu, true, w.id, v.pat, v.labels, v.akeys, ''
    from w join "${table}_v" v on v.rid = w.rid and v.ver = w.expected${whereOf(where)}`
}

function dateNames(dateColumns: DateColumns, table: string): string[] {
  return dateColumns.get(table)!.flatMap((column) => [`${column}_lo`, `${column}_hi`])
}

function whereOf(condition: string | undefined): string {
  return condition ? ` where ${condition}` : ''
}
