import { createBatched } from '../batched.ts'
import type { Database } from '../open-database.ts'
import type { Audit, AuditRow } from '../store.ts'
import { auditInsert, hasDetail } from './audit-rows.ts'
import { createParams } from './params.ts'

/** Rows that arrive while a flush is under way share the next statement and its one commit. */
export function createAudit({ query }: Pick<Database, 'query'>): Audit {
  const record = createBatched<AuditRow, void>(async (rows) => {
    const params = createParams()
    const text = auditInsert(params, rows)
    const name = rows.length === 1 ? 'audit-one' : 'audit-many'
    await query(text, params.values, hasDetail(rows) ? `${name}-detail` : name)
    return rows.map(() => undefined)
  })
  return { record }
}
