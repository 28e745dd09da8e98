import type { AuditRow } from '../store.ts'
import { type Column, manyRows, oneRow, type Params } from './params.ts'

const longestQuery = 4_000
const largestInt = 2_147_483_647

const columns: readonly Column<AuditRow>[] = [
  { name: 'at', type: 'int8', of: ({ at }) => at },
  { name: 'request_id', type: 'text', of: ({ requestId }) => storable(requestId) },
  { name: 'interaction', type: 'text', of: ({ interaction }) => interaction },
  { name: 'type', type: 'text', of: ({ type }) => storable(type) },
  { name: 'id', type: 'text', of: ({ id }) => storable(id) },
  { name: 'version', type: 'int4', of: ({ version }) => (version !== null && version <= largestInt ? version : null) },
  { name: 'patients', type: 'int8[]', of: ({ patients }) => patients },
  { name: 'account_id', type: 'text', of: ({ accountId }) => accountId },
  { name: 'person', type: 'text', of: ({ person }) => person },
  { name: 'client_id', type: 'text', of: ({ clientId }) => storable(clientId) },
  { name: 'outcome', type: 'text', of: ({ outcome }) => outcome },
  { name: 'status', type: 'int2', of: ({ status }) => status },
  { name: 'query', type: 'text', of: ({ query }) => storable(query) },
  { name: 'ip', type: 'text', of: ({ ip }) => storable(ip) },
  { name: 'token', type: 'text', of: ({ token }) => token ?? null },
]

/** Few rows have one, and the statement of all others stays what it is. */
const detail: Column<AuditRow> = {
  name: 'detail',
  type: 'jsonb',
  of: (row) => (row.detail ? JSON.stringify(row.detail, storableTexts) : null),
}

export function hasDetail(rows: readonly AuditRow[]): boolean {
  return rows.some((row) => row.detail !== undefined)
}

/** The insert of audit rows, as a statement or a part of one; `when` is an SQL condition for all of them. */
export function auditInsert(params: Params, rows: readonly AuditRow[], when?: string): string {
  const all = hasDetail(rows) ? [...columns, detail] : columns
  const source = rows.length === 1 ? oneRow(params, all, rows[0]!) : manyRows(params, all, rows)
  const names = all.map(({ name }) => name).join(', ')
  return `insert into audit (${names}) select * from (${source}) rows${when === undefined ? '' : ` where ${when}`}`
}

/**
 * The insert of the row of a read as a part of its statement: what was found, its version and its patient, are known there
 * alone. Nothing found, or only a deletion, leaves no row here: that is a refusal, and recorded as one.
 */
export function auditOfFound(params: Params, row: AuditRow): string {
  const known: Readonly<Record<string, string>> = {
    version: 'found.ver',
    patients: 'array_remove(array[found.pat], null)',
  }
  const names = columns.map(({ name }) => name)
  const values = names.map((name) => known[name] ?? `r.${name}`)
  return `insert into audit (${names.join(', ')}) select ${values.join(', ')}
    from found, (${oneRow(params, columns, row)}) r where not found.deleted`
}

const longestText = 500

/** jsonb takes neither NUL nor half characters, also where they are escaped. */
function storableTexts(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\u0000', '\ufffd').slice(0, longestText).toWellFormed() : value
}

/** Refused requests are audited too, so these texts may be anything; Postgres cannot store a NUL. */
function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\u0000', '\ufffd').slice(0, longestQuery)
}
