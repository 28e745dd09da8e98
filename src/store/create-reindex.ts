import type { IndexedParameters } from '../search/index-state.ts'
import type { IndexValues } from '../search/index-values.ts'
import type { Rid } from '../search/keys.ts'
import type { Database, Session } from './open-database.ts'
import { reindexStatement } from './postgres/reindex-statement.ts'
import { retried } from './postgres/retried.ts'
import { readTables, tableOf } from './postgres/tables.ts'

/** The current version of a resource, as it is to be indexed anew. */
export interface IndexedRow {
  readonly id: string
  readonly rid: Rid
  readonly version: number
  readonly lastUpdated: number
  readonly json: string
}

export interface Reindex {
  /** Marks the types, with the digest of what each is indexed for; one that is marked so already keeps its progress. */
  begin(making: ReadonlyMap<string, string>): Promise<void>
  /** Where an earlier run for the same parameters stopped: after this row, having done so many. */
  progress(type: string, making: string): Promise<{ after: Rid | undefined; done: number }>
  /** How many rows there are. */
  count(type: string): Promise<number>
  /** The rows behind `after`, in the order of their rids. */
  page(type: string, after: Rid | undefined, limit: number): Promise<IndexedRow[]>
  /** Writes the values of the rows that are still at their version, and how far this has come, in one transaction. */
  rewrite(type: string, rows: readonly (IndexedRow & { index: IndexValues })[], done: Done): Promise<void>
  /** The index of the type is complete. */
  finish(type: string, parameters: IndexedParameters): Promise<void>
}

/** How far the index of a type has come. */
export interface Done {
  readonly making: string
  readonly after: Rid
  readonly done: number
}

/**
 * Makes index rows anew beside a server that reads and writes: a row that somebody changed since it was read is left alone,
 * since whoever wrote it has indexed it.
 */
export async function createReindex(database: Database): Promise<Reindex> {
  const tables = await readTables(database)
  const { query } = database

  return {
    async begin(making) {
      await query(
        `insert into search_index (type, parameters, making) select type, '{}', making
             from unnest($1::text[], $2::text[]) as asked(type, making)
           on conflict (type) do update set making = excluded.making, after = null, done = 0
             where search_index.making is distinct from excluded.making`,
        [[...making.keys()], [...making.values()]],
      )
    },
    async progress(type, making) {
      const [row] = await query<{ after: bigint | null; done: bigint }>(
        'select after, done from search_index where type = $1 and making = $2',
        [type, making],
      )
      return { after: row?.after ?? undefined, done: Number(row?.done ?? 0) }
    },
    async count(type) {
      const [row] = await query<{ n: number }>(`select count(*)::float8 as n from "${tableOf(tables, type)}"`)
      return row!.n
    },
    async page(type, after, limit) {
      const table = tableOf(tables, type)
      const rows = await query<{ rid: bigint; ver: number; lu: bigint; id: string; json: string }>(
        `select s.rid, s.ver, s.lu, v.id, v.json from "${table}" s
           join "${table}_v" v on v.rid = s.rid and v.ver = s.ver
           where ($1::int8 is null or s.rid > $1::int8) order by s.rid limit $2`,
        [after ?? null, limit],
      )
      return rows.map(({ rid, ver, lu, id, json }) => ({ rid, version: ver, lastUpdated: Number(lu), id, json }))
    },
    rewrite: (type, rows, { making, after, done }) =>
      transaction(database, async (tx) => {
        const table = tableOf(tables, type)
        const locked = await tx.query<{ rid: bigint }>(
          `select s.rid from "${table}" s join unnest($1::int8[], $2::int4[]) as w(rid, ver)
             on s.rid = w.rid and s.ver = w.ver order by s.rid for update of s`,
          [rows.map(({ rid }) => rid.toString()), rows.map(({ version }) => version)],
        )
        const held = new Set(locked.map(({ rid }) => rid))
        const unchanged = rows.filter(({ rid }) => held.has(rid))
        if (unchanged.length > 0) {
          const { text, values } = reindexStatement(tables, type, unchanged)
          await tx.query(text, values)
        }
        await tx.query(
          `insert into search_index (type, parameters, making, after, done) values ($1, '{}', $2, $3, $4)
             on conflict (type) do update set making = $2, after = $3,
               done = $4`,
          [type, making, after.toString(), done],
        )
      }),
    async finish(type, parameters) {
      await query(
        `insert into search_index (type, parameters) values ($1, $2)
           on conflict (type) do update set parameters = $2, making = null, after = null, done = 0`,
        [type, JSON.stringify(parameters)],
      )
    },
  }
}

function transaction(database: Database, work: (session: Session) => Promise<void>): Promise<void> {
  return retried(async () => {
    const session = await database.session()
    try {
      await session.query('begin')
      await work(session)
      await session.query('commit')
      session.release()
    } catch (error) {
      // The end of the connection ends the transaction.
      session.release(true)
      throw error
    }
  })
}
