import type { Keys } from '../../search/keys.ts'
import { clauseSql } from '../../search/sql.ts'
import type { Handle, HistoryPage, HistoryPosition, HistoryRequest, Resources } from '../store.ts'
import { createParams, type Params } from './params.ts'
import type { NameOf } from './statement-names.ts'
import { tableOf, type Tables } from './tables.ts'
import { storedVersion, versionColumns, type VersionRow } from './versions.ts'

interface Parts {
  query: Handle['query']
  keys: Keys
  tables: Tables
  nameOf: NameOf
}

type Row = VersionRow & { type: string; snapshot: string; total: number | null }

/**
 * Histories, of one resource, of a type or of all. A version is judged by its own row, before LIMIT. The pages of one
 * history are those of the moment at which its first page was read: versions that were written later, or had not been
 * committed then, are on none of them, so that no page shifts and nothing is missed.
 *
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export function createHistories({ query, keys, tables, nameOf }: Parts): Pick<Resources, 'history'> {
  return {
    async history(request) {
      const of = request.of.length === 1 ? request.of : await withVersions(request.of)
      const where = of.filter(({ where }) => where.op !== 'none')
      if (where.length === 0) return { versions: [], next: undefined, total: request.id === undefined ? undefined : 0 }
      const params = createParams()
      const text = historyText({ ...request, of: where }, params, identityOf(request, params))
      const rows = await query<Row>(text, params.values, nameOf(text))
      return pageOf(request, rows)
    },
  }

  /** Most of the types have never had a row: leaving them out keeps the statement small. */
  async function withVersions(of: HistoryRequest['of']): Promise<HistoryRequest['of']> {
    const parts = of.map(({ type }, n) => `select ${n} as n where exists (select from ${versionsOf(type)})`)
    const text = parts.join('\nunion all ')
    const rows = await query<{ n: number }>(text, [], nameOf(text))
    return rows.map(({ n }) => of[n]!)
  }

  function identityOf({ of, id }: HistoryRequest, params: Params): string | undefined {
    if (id === undefined) return undefined
    return `v.rid = ${params.add(keys.ridOf(of[0]!.type, id))}::int8 and v.id = ${params.add(id)}::text`
  }

  function versionsOf(type: string): string {
    return `"${tableOf(tables, type)}_v"`
  }

  function historyText(request: HistoryRequest, params: Params, identity: string | undefined): string {
    const { of, count, ascending, after } = request
    const direction = ascending ? 'asc' : 'desc'
    const columns = identity === undefined ? ['lu', 'rid', 'ver'] : ['ver']
    const order = (alias: string) => columns.map((column) => `${alias}.${column} ${direction}`).join(', ')
    const limit = `limit ${params.add(count + 1)}::int4`
    const page = after === undefined ? [] : [pageStart(columns, after, ascending ? '>' : '<', params)]
    const snapshot =
      after === undefined ? [] : [`pg_visible_in_snapshot(v.xid, ${params.add(after.snapshot)}::pg_snapshot)`]
    const parts = of.map(({ type, where }) => {
      const met = clauseSql(where, { alias: 'v', type, of: 'version' }, params.values)
      const conditions = [...(identity ? [identity] : []), ...times(type, request, params), ...snapshot, `(${met})`]
      const rows = `from ${versionsOf(type)} v where ${conditions.join(' and ')}`
      const select = `(select '${type}' as type, ${versionColumns} ${[rows, ...page].join(' and ')} order by ${order('v')} ${limit})`
      return { select, total: `(select count(*)::int4 ${rows})` }
    })
    const total = identity === undefined ? 'null::int4' : parts[0]!.total
    return `select h.*, ${total} as total, pg_current_snapshot()::text as snapshot
      from (select) one left join (${parts.map(({ select }) => select).join('\nunion all ')}) h on true
      order by ${order('h')} ${limit}`
  }

  /** `_since`, `_before`, and `_at`: what was current at any moment of a time. */
  function times(type: string, { since, before, at }: HistoryRequest, params: Params): string[] {
    const conditions: string[] = []
    if (since !== undefined) conditions.push(`v.lu >= ${params.add(since)}::int8`)
    if (before !== undefined) conditions.push(`v.lu < ${params.add(before)}::int8`)
    if (at) {
      const [from, to] = at.map((time) => `${params.add(time)}::int8`)
      const replaced = `select from ${versionsOf(type)} n where n.rid = v.rid and n.ver = v.ver + 1 and n.lu <= ${from}`
      conditions.push(`v.lu < ${to}`, `not exists (${replaced})`)
    }
    return conditions
  }
}

function pageStart(columns: readonly string[], after: HistoryPosition, side: '<' | '>', params: Params): string {
  const { lastUpdated, rid, version } = after
  const values: Record<string, () => string> = {
    lu: () => `${params.add(lastUpdated)}::int8`,
    rid: () => `${params.add(rid)}::int8`,
    ver: () => `${params.add(version)}::int4`,
  }
  const left = columns.map((column) => `v.${column}`).join(', ')
  return `(${left}) ${side} (${columns.map((column) => values[column]!()).join(', ')})`
}

function pageOf({ count, after, id }: HistoryRequest, rows: readonly Row[]): HistoryPage {
  const found = rows.filter(({ rid }) => rid !== null)
  const versions = found.slice(0, count).map((row) => storedVersion(row.type, row))
  const last = found.length > count ? versions.at(-1) : undefined
  const snapshot = after?.snapshot ?? rows[0]!.snapshot
  const counted = id === undefined ? undefined : rows[0]!.total!
  return {
    versions,
    next: last && { snapshot, lastUpdated: last.lastUpdated, rid: last.rid, version: last.version },
    // A first page that holds everything needs no counting.
    total: counted ?? (after === undefined && !last ? versions.length : undefined),
  }
}
