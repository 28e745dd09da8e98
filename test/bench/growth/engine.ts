import { randomBytes } from 'node:crypto'
import { createAccess } from '../../../src/access/create-access.ts'
import type { Principal } from '../../../src/access/principal.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import type { Clause } from '../../../src/search/clause.ts'
import { createSearch, type Search } from '../../../src/search/create-search.ts'
import { createKeys, type Keys } from '../../../src/search/keys.ts'
import { howIndexed } from '../../../src/sharing/how-indexed.ts'
import { createStore } from '../../../src/store/create-store.ts'
import { installSecret } from '../../../src/store/install-value.ts'
import { type Connection, type Database, openDatabase } from '../../../src/store/open-database.ts'
import { openObjects } from '../../../src/store/open-objects.ts'
import type { Store } from '../../../src/store/store.ts'

/** A statement as the store sent it. */
export interface Sent {
  readonly text: string
  readonly values: readonly unknown[]
}

/** What the server is made of below HTTP, on a database of its own, and a witness of every statement. */
export interface Engine {
  readonly database: Database
  readonly store: Store
  readonly keys: Keys
  readonly search: Search
  /** What a search by this principal may see of each type. */
  allowed(principal: Principal, type: string, action?: 'read' | 'search'): Clause
  /** The statements that the store sends while it works. */
  sent(work: () => Promise<unknown>): Promise<readonly Sent[]>
  close(): Promise<void>
}

export const base = 'https://example.org/fhir'

export async function openEngine(connection: Connection, dataDir: string): Promise<Engine> {
  const database = openDatabase({ connection, pool: 4, statementTimeout: 600_000 })
  const { witnessed, sent } = witness(database)
  const definitions = await loadDefinitions()
  const keys = createKeys(await installSecret(database))
  const search = createSearch({ definitions, keys, base, cursorSecret: randomBytes(32), ...howIndexed })
  const access = createAccess({ definitions, search, keys, base })
  const store = await createStore({ database: witnessed, keys, objects: await openObjects({ dataDir }) })
  return {
    ...{ database, store, keys, search },
    allowed: (principal, type, action = 'search') => access.rows(principal, type, action, Date.now()),
    sent,
    close: () => store.close(),
  }
}

/** The same database, and what was sent to it as `witnessed` while something worked. */
export function witness(database: Database): { witnessed: Database; sent: Engine['sent'] } {
  let heard: Sent[] | undefined
  const witnessed: Database = {
    ...database,
    query(text, values = [], name) {
      heard?.push({ text, values })
      return database.query(text, values, name)
    },
  }
  async function sent(work: () => Promise<unknown>): Promise<readonly Sent[]> {
    const own: Sent[] = []
    heard = own
    try {
      await work()
    } finally {
      heard = undefined
    }
    return own
  }
  return { witnessed, sent }
}
