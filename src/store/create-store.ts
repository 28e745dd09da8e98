import type { Keys } from '../search/keys.ts'
import { createAttachments } from './create-attachments.ts'
import type { ObjectStore } from './object-store.ts'
import type { Database } from './open-database.ts'
import { createAudit } from './postgres/audit.ts'
import { createGrants } from './postgres/grants.ts'
import { createHistories } from './postgres/histories.ts'
import { createPut } from './postgres/put.ts'
import { createReads } from './postgres/reads.ts'
import { createRedact } from './postgres/redact.ts'
import { createSearches } from './postgres/searches.ts'
import { createStatementNames } from './postgres/statement-names.ts'
import { readTables } from './postgres/tables.ts'
import { createTransactions } from './postgres/transactions.ts'
import type { Audit, Handle, Store } from './store.ts'

export interface StoreParts {
  /** Migrated; it is closed with the store. */
  database: Database
  keys: Keys
  objects: ObjectStore
  /** Epoch ms. */
  now?: () => number
  /** Hears of work that failed after its transaction had committed. */
  onError?: (error: unknown) => void
}

/** Everything that keeps health data, on one Postgres schema and one object store. */
export async function createStore({
  database,
  keys,
  objects,
  now = Date.now,
  onError = warn,
}: StoreParts): Promise<Store> {
  const tables = await readTables(database)
  const nameOf = createStatementNames()

  function bound(
    query: Handle['query'],
    read: Handle['query'],
    record?: Audit['record'],
  ): Pick<Handle, 'resources' | 'grants'> {
    return {
      resources: {
        ...createReads({ query: read, keys, tables, nameOf, ...(record && { record }) }),
        ...createHistories({ query: read, keys, tables, nameOf }),
        ...createSearches({ query: read, nameOf }),
        redact: createRedact({ query, tables }),
        put: createPut({ query, nameOf, tables, inTransaction: record === undefined }),
      },
      grants: createGrants({ query }),
    }
  }

  const { query } = database
  const audit = createAudit({ query })
  return {
    ...bound(query, query, audit.record),
    query,
    transaction: createTransactions({ database, keys, onError, bind: (write, read) => bound(write, read) }),
    audit,
    attachments: createAttachments({ query, objects, now }),
    close: () => database.close(),
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
