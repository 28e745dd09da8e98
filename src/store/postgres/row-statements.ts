import type { Tables } from './tables.ts'
import type { Deed } from './write-rows.ts'

/** The parts of a write statement that touch one type's two tables. Their source is `w`; `where` is a condition on it. */

const plain = ['rid', 'lu', 'pat', 'labels', 'keys', 'fkeys', 'akeys']

export function insertCurrent(tables: Tables, table: string, where: string | undefined): string {
  const dates = dateNames(tables, table)
  return `insert into "${table}" (${[...plain, 'ver', ...dates].join(', ')})
    select ${[...plain, 'expected + 1', ...dates.map((_, n) => `dates[${n + 1}]`)].join(', ')} from w${whereOf(where)}`
}

export function updateCurrent(tables: Tables, table: string, where: string): string {
  const sets = plain.slice(1).map((column) => `${column} = w.${column}`)
  const dates = dateNames(tables, table).map((column, n) => `${column} = w.dates[${n + 1}]`)
  return `update "${table}" s set ${['ver = w.expected + 1', ...sets, ...dates].join(', ')}
    from w where s.rid = w.rid and ${where}`
}

export function deleteCurrent(table: string, where: string): string {
  return `delete from "${table}" s using w where s.rid = w.rid and ${where}`
}

export function insertVersion(table: string, where: string | undefined): string {
  return `insert into "${table}_v" (rid, ver, lu, id, pat, labels, akeys, json)
    select rid, expected + 1, lu, id, pat, labels, akeys, json from w${whereOf(where)}`
}

/** What access needs to judge a deletion is what the last version had. */
export function insertDeletedVersion(table: string, where: string | undefined): string {
  return `insert into "${table}_v" (rid, ver, lu, deleted, id, pat, labels, akeys, json)
    select w.rid, w.expected + 1, w.lu, true, w.id, v.pat, v.labels, v.akeys, ''
    from w join "${table}_v" v on v.rid = w.rid and v.ver = w.expected${whereOf(where)}`
}

/** What must be so for a row to be inserted. Two that see it so at once meet at a primary key, and one of them fails. */
export function freeCondition(table: string, deed: Deed): string | undefined {
  if (deed === 'insertIfFree') return `not exists (select from "${table}_v" v where v.rid = w.rid)`
  if (deed !== 'insertAgain') return undefined
  return `exists (select from "${table}_v" v where v.rid = w.rid and v.ver = w.expected and v.deleted)
    and not exists (select from "${table}_v" v where v.rid = w.rid and v.ver > w.expected)`
}

/**
 * One query per kind of condition that the writes of a table have; each answers the `n` of those that meet it. `for update`
 * waits for a writer that was quicker, and then compares the version that it left.
 */
export function guardsOf(table: string, deeds: ReadonlySet<Deed>): string[] {
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

function dateNames(tables: Tables, table: string): string[] {
  return tables.get(table)!.flatMap((column) => ['lo', 'hi', 'lz', 'hz'].map((part) => `${column}_${part}`))
}

function whereOf(condition: string | undefined): string {
  return condition ? ` where ${condition}` : ''
}
