import type { Handle, Resources } from '../store.ts'
import { tableOf, type Tables } from './tables.ts'

interface Parts {
  query: Handle['query']
  tables: Tables
}

export function createRedact({ query, tables }: Parts): Resources['redact'] {
  return async function redact(type, rid, version, json) {
    const text = `update "${tableOf(tables, type)}_v" set json = $3 where rid = $1 and ver = $2`
    await query(text, [rid, version, json])
  }
}
