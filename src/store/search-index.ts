import type { IndexedParameters } from '../search/index-state.ts'
import { readTables, tableOf } from './postgres/tables.ts'
import { installValue, setInstallValue } from './install-value.ts'
import type { Database } from './open-database.ts'

/** What the rows of each type were indexed with, as the database remembers it. */
export interface SearchIndex {
  /** By type; empty in a database that nothing was ever noted in. */
  read(): Promise<Map<string, IndexedParameters>>
  /** Sets what the index of these types was made with. */
  write(types: ReadonlyMap<string, IndexedParameters>): Promise<void>
  /** The types whose index was being made when a reindex was interrupted. */
  unfinished(): Promise<string[]>
  /** Those of the types that no row is stored of. */
  empty(types: readonly string[]): Promise<string[]>
  /** What the server that was started last indexes; undefined before the first start. */
  served(): Promise<string | undefined>
  serve(digest: string): Promise<void>
}

export function createSearchIndex(database: Database): SearchIndex {
  const { query } = database
  return {
    async read() {
      const rows = await query<{ type: string; parameters: IndexedParameters }>(
        'select type, parameters from search_index',
      )
      return new Map(rows.map(({ type, parameters }) => [type, parameters]))
    },
    async write(types) {
      const parameters = [...types.values()].map((one) => JSON.stringify(one))
      await query(
        `insert into search_index (type, parameters) select * from unnest($1::text[], $2::jsonb[])
           on conflict (type) do update set parameters = excluded.parameters, making = null, after = null, done = 0`,
        [[...types.keys()], parameters],
      )
    },
    async unfinished() {
      const rows = await query<{ type: string }>(
        'select type from search_index where making is not null order by type collate "C"',
      )
      return rows.map(({ type }) => type)
    },
    async empty(types) {
      if (types.length === 0) return []
      const tables = await readTables(database)
      const parts = types.map((type, n) => `select ${n} as n where not exists (select from "${tableOf(tables, type)}")`)
      const rows = await query<{ n: number }>(parts.join(' union all '))
      return rows.map(({ n }) => types[n]!)
    },
    served: async () => (await installValue(database, servedName))?.toString(),
    serve: (digest) => setInstallValue(database, servedName, Buffer.from(digest)),
  }
}

const servedName = 'search-digest'
