import type { Database } from '../open-database.ts'
import type { Audit, AuditRow } from '../store.ts'
import { auditInsert } from './audit-rows.ts'
import { createParams } from './params.ts'

const mostPerStatement = 500

interface Waiting {
  row: AuditRow
  resolve: () => void
  reject: (error: unknown) => void
}

/** Rows that arrive while a flush is under way share the next statement and its one commit. */
export function createAudit({ query }: Pick<Database, 'query'>): Audit {
  let waiting: Waiting[] = []
  let flushing = false

  async function flush(): Promise<void> {
    flushing = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostPerStatement)
      waiting = waiting.slice(mostPerStatement)
      try {
        await insert(batch)
        for (const { resolve } of batch) resolve()
      } catch {
        await oneByOne(batch)
      }
    }
    flushing = false
  }

  async function insert(batch: readonly Waiting[]): Promise<void> {
    const params = createParams()
    const rows = batch.map(({ row }) => row)
    const text = auditInsert(params, rows)
    await query(text, params.values, rows.length === 1 ? 'audit-one' : 'audit-many')
  }

  /** One row that cannot be stored must not fail the requests that only share its statement. */
  async function oneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const each of batch) {
      try {
        await insert([each])
        each.resolve()
      } catch (error) {
        each.reject(error)
      }
    }
  }

  return {
    record: (row) =>
      new Promise((resolve, reject) => {
        waiting.push({ row, resolve, reject })
        if (!flushing) void flush()
      }),
  }
}
