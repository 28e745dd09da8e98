import pg from 'pg'
import { LostRace } from '../pg-errors.ts'
import type { Handle, Resources, Write } from '../store.ts'
import { putStatement } from './put-statement.ts'
import { retried } from './retried.ts'
import type { NameOf } from './statement-names.ts'
import type { Tables } from './tables.ts'

interface Parts {
  query: Handle['query']
  nameOf: NameOf
  tables: Tables
  /** A failed statement ends a transaction: there the whole of it must run again, here the statement alone. */
  inTransaction: boolean
}

export function createPut({ query, nameOf, tables, inTransaction }: Parts): Resources['put'] {
  return async function put(writes, audit = []) {
    if (writes.length === 0 && audit.length === 0) return { stale: [] }
    const { text, values, sharesPlan } = putStatement(tables, writes, audit)
    const run = () => query<{ n: number }>(text, values, sharesPlan ? nameOf(text) : undefined)
    try {
      const passed = await (inTransaction ? run() : retried(run))
      const ns = new Set(passed.map(({ n }) => n))
      return { stale: writes.filter((_, n) => !ns.has(n)) }
    } catch (error) {
      const taken = takenIdentity(error, writes)
      if (!taken) throw error
      if (inTransaction) throw new LostRace(error)
      return { stale: taken }
    }
  }
}

/** The writes whose row another writer inserted between our look and our insert; undefined when the error is another one. */
function takenIdentity(error: unknown, writes: readonly Write[]): readonly Write[] | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof pg.DatabaseError) || cause.code !== '23505') return undefined
  const table = cause.table?.replace(/_v$/, '')
  const ofTable = writes.filter(({ type }) => type.toLowerCase() === table)
  if (ofTable.length === 0) return undefined
  const rid = /=\((-?\d+)/.exec(cause.detail ?? '')?.[1]
  const exact = ofTable.filter((write) => String(write.rid) === rid)
  return exact.length > 0 ? exact : ofTable
}
