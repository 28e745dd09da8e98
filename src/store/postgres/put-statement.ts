import type { Statement } from '../../search/request.ts'
import type { AuditRow, Write } from '../store.ts'
import { attachedPart, type TakenRow, takenParts, takesOf } from './attached-row.ts'
import { auditInsert } from './audit-rows.ts'
import { createParams, manyRows, oneRow, type Params } from './params.ts'
import {
  deleteCurrent,
  freeCondition,
  guardsOf,
  insertCurrent,
  insertDeletedVersion,
  insertVersion,
  updateCurrent,
} from './row-statements.ts'
import { all, sideParts } from './side-values.ts'
import type { Tables } from './tables.ts'
import { contentColumns, type Deed, identityColumns, placeColumns, type WriteRow, writeRow } from './write-rows.ts'

/**
 * The one statement of any number of writes, with their index values and audit rows. It stores all of them or none:
 *
 * - one write: its current row is written under the condition that the expected version is current; everything else in the
 *   statement happens only if that row was written;
 * - several: every row is first locked and its version compared; the rest happens only if all of them passed.
 *
 * The rows that the statement answers are the writes that passed. https://www.postgresql.org/docs/current/queries-with.html
 */
export function putStatement(tables: Tables, writes: readonly Write[], audit: readonly AuditRow[]): Statement {
  const params = createParams()
  const rows = writes.map((write, n) => writeRow(tables, write, n))
  const [first, ...others] = rows
  const takes = takesOf(writes)
  const body =
    first && others.length === 0 ? single(params, tables, first, takes) : several(params, tables, rows, takes)
  const replaced = rows.some(({ deed }) => deed === 'update' || deed === 'delete')
  const replaces = !replaced ? undefined : others.length === 0 ? 'true' : "w.deed in ('update', 'delete')"
  const parts = [...body.parts, ...sideParts(params, rows, { replaces, when: body.when })]
  if (writes.length === 1) parts.push(...attachedPart(params, writes[0]!, body.when))
  if (audit.length > 0) parts.push(`audited as (${auditInsert(params, audit, body.when)})`)
  // Several writes come in endless combinations, which are not worth preparing.
  return { text: `with ${parts.join(',\n')}\n${body.answer}`, values: params.values, sharesPlan: writes.length === 1 }
}

interface Body {
  parts: string[]
  /** The condition under which the rest of the statement happens. */
  when: string | undefined
  answer: string
}

function single(params: Params, tables: Tables, row: WriteRow, takes: readonly TakenRow[]): Body {
  const { table, deed } = row
  const columns = deed === 'delete' ? identityColumns : [...identityColumns, ...contentColumns]
  const parts = [`w as not materialized (${oneRow(params, columns, row)})`]
  const isSure = deed === 'insert' && takes.length === 0
  const when = isSure ? undefined : 'exists (select from m)'
  const took = takenParts(params, takes, parts)
  const expected = all('s.ver = w.expected', took)
  if (deed === 'update') parts.push(`m as (${updateCurrent(tables, table, expected)} returning s.rid)`)
  else if (deed === 'delete') parts.push(`m as (${deleteCurrent(table, expected)} returning s.rid)`)
  else
    parts.push(
      `m as (${insertCurrent(tables, table, all(freeCondition(table, deed), took) || undefined)} returning rid)`,
    )
  const version = deed === 'delete' ? insertDeletedVersion(table, when) : insertVersion(table, when)
  return { parts, when, answer: `${version} returning 0 as n` }
}

function several(params: Params, tables: Tables, rows: readonly WriteRow[], takes: readonly TakenRow[]): Body {
  const columns = [...placeColumns, ...identityColumns, ...contentColumns]
  const parts = [`w as materialized (${manyRows(params, columns, inLockOrder(rows))})`]
  const deeds = new Map<string, Set<Deed>>()
  for (const { table, deed } of rows) deeds.set(table, (deeds.get(table) ?? new Set()).add(deed))
  const guards = [...deeds].flatMap(([table, done]) => guardsOf(table, done))
  guards.forEach((guard, n) => parts.push(`g${n} as materialized (${guard})`))
  const passed = guards.map((_, n) => `select n from g${n}`)
  const took = takenParts(params, takes, parts)
  if (guards.length > 0) {
    const guarded = params.add(rows.filter(({ deed }) => deed !== 'insert').length)
    parts.push(
      `gate as materialized (select count(*) = ${guarded}::int8 as open from (${passed.join(' union all ')}) g)`,
    )
  }
  const when = all(guards.length > 0 ? '(select open from gate)' : undefined, took) || undefined
  for (const [table, done] of deeds) {
    for (const text of deedsOf(tables, table, done, when)) parts.push(`m${parts.length} as (${text})`)
  }
  const answer = [`select n from w where deed = 'insert'`, ...passed].join(' union all ')
  return { parts, when, answer: took === undefined ? answer : `select n from (${answer}) passed where ${took}` }
}

function deedsOf(tables: Tables, table: string, deeds: ReadonlySet<Deed>, when: string | undefined): string[] {
  const here = (condition: string) => all(`w.tab = '${table}'`, condition, when)
  const texts: string[] = []
  const inserts = [...deeds].some((deed) => deed.startsWith('insert'))
  if (inserts) texts.push(insertCurrent(tables, table, here("w.deed like 'insert%'")))
  if (deeds.has('update')) texts.push(updateCurrent(tables, table, here("w.deed = 'update'")))
  if (inserts || deeds.has('update')) texts.push(insertVersion(table, here("w.deed <> 'delete'")))
  if (deeds.has('delete')) {
    texts.push(deleteCurrent(table, here("w.deed = 'delete'")))
    texts.push(insertDeletedVersion(table, here("w.deed = 'delete'")))
  }
  return texts
}

/** Rows are locked in one order everywhere, so that two statements wait for each other instead of deadlocking. */
function inLockOrder(rows: readonly WriteRow[]): WriteRow[] {
  return [...rows].sort((a, b) => {
    if (a.table !== b.table) return a.table < b.table ? -1 : 1
    return a.rid < b.rid ? -1 : a.rid > b.rid ? 1 : 0
  })
}
