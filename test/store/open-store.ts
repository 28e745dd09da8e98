import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { IndexValues } from '../../src/search/index-values.ts'
import { createKeys, type Keys } from '../../src/search/keys.ts'
import { createStore } from '../../src/store/create-store.ts'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import type { AuditRow, Store, Write } from '../../src/store/store.ts'
import { freshDatabase } from '../support/database.ts'

export interface TestStore {
  store: Store
  database: Database
  keys: Keys
  url: string
  /** How many round trips the work needs. */
  trips(work: () => Promise<unknown>): Promise<number>
  close(): Promise<void>
}

/** The store alone, on a database and a folder of its own. */
export async function openStore(): Promise<TestStore> {
  const fresh = await freshDatabase()
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-store-'))
  const database = openDatabase({ connection: fresh.url, pool: 8 })
  const keys = createKeys(Buffer.alloc(32, 7))
  const store = await createStore({ database, keys, objects: await openObjects({ dataDir }) })
  return {
    store,
    database,
    keys,
    url: fresh.url,
    async trips(work) {
      const before = database.roundTrips()
      await work()
      return database.roundTrips() - before
    },
    async close() {
      await store.close()
      await fresh.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type Create = Extract<Write, { kind: 'create' }>

export function values(more: Partial<IndexValues> = {}): IndexValues {
  const none = {
    keys: [],
    fkeys: [],
    akeys: [],
    dates: {},
    strings: [],
    numbers: [],
    periods: [],
    elements: [],
    texts: [],
    words: [],
  }
  return { pat: null, labels: 0, ...none, ...more }
}

export function aCreate(keys: Keys, type: string, more: Partial<IndexValues> = {}): Create {
  const identity = keys.newIdentity(type)
  const json = JSON.stringify({ resourceType: type, id: identity.id })
  return { kind: 'create', type, ...identity, lastUpdated: Date.now(), json, index: values(more) }
}

/** A create under an id that the client chose. */
export function aNamed(keys: Keys, type: string, id: string, more: Partial<IndexValues> = {}): Create {
  const json = JSON.stringify({ resourceType: type, id })
  return { kind: 'create', type, id, rid: keys.ridOf(type, id), lastUpdated: Date.now(), json, index: values(more) }
}

export function anUpdate({ type, id, rid }: Create, expectedVersion: number, more: Partial<IndexValues> = {}): Write {
  const json = JSON.stringify({ resourceType: type, id, after: expectedVersion })
  const common = { type, id, rid, expectedVersion, lastUpdated: Date.now(), json, index: values(more) }
  return { kind: 'update', revive: false, ...common }
}

export function aRevival(create: Create, expectedVersion: number, more: Partial<IndexValues> = {}): Write {
  return { ...anUpdate(create, expectedVersion, more), revive: true } as Write
}

export function aDelete({ type, id, rid }: Create, expectedVersion: number): Write {
  return { kind: 'delete', type, id, rid, expectedVersion, lastUpdated: Date.now() }
}

export function anAuditRow(more: Partial<AuditRow> = {}): AuditRow {
  return {
    at: Date.now(),
    requestId: 'r1',
    interaction: 'read',
    type: null,
    id: null,
    version: null,
    patients: [],
    accountId: null,
    person: null,
    clientId: 'test',
    outcome: 'success',
    status: 200,
    query: null,
    ip: null,
    ...more,
  }
}
