import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Rid } from '../search/keys.ts'
import { installValue, setInstallValue } from './install-value.ts'
import type { Database } from './open-database.ts'
import { readTables, tableOf } from './postgres/tables.ts'
import type { Grant, Handle, Transaction } from './store.ts'

interface Parts {
  readonly database: Database
  readonly store: Pick<Handle, 'query' | 'transaction'>
  /** The type of resource that grants are made from. */
  readonly type: string
  /** Which reading of them `compile` is: what was made by another one is made anew. */
  readonly meaning: string
  compile(resource: Resource): readonly Grant[]
  /** Few enough that nobody who writes one of them has to wait for long. */
  readonly batch?: number
}

interface Progress {
  readonly meaning: string
  /** Rows up to this one are done; undefined: none yet. */
  readonly after?: string
  readonly done: boolean
}

const name = 'grants'

/**
 * Grants are what a reading of the resources made when they were written, so that a better reading would be enforced only from
 * the next write on. Makes those of all rows anew, once for each reading, before anything is served by them. What is done is noted
 * with each batch: what was interrupted goes on from there, and servers that start at once take the batches in turn.
 */
export async function renewGrants({ database, store, type, meaning, compile, batch = 200 }: Parts): Promise<number> {
  const progressOf = async (handle: Pick<Handle, 'query'>): Promise<Progress> => {
    const stored = await installValue(handle, name)
    const progress = stored && (JSON.parse(stored.toString()) as Progress)
    return progress?.meaning === meaning ? progress : { meaning, done: false }
  }
  if ((await progressOf(store)).done) return 0
  const table = tableOf(await readTables(database), type)
  let renewed = 0
  for (;;) {
    const { count, done } = await store.transaction(async (tx) => {
      await tx.lock([name])
      const { done, after } = await progressOf(tx)
      if (done) return { count: 0, done }
      const rows = await nextRows(tx, table, after, batch)
      for (const { id, rid, ver, json } of rows) {
        await tx.grants.replace(rid, ver, compile({ ...(parseJson(json) as Resource), id }))
      }
      const last = rows.at(-1)
      const now: Progress = { meaning, ...(last ? { after: last.rid.toString() } : {}), done: !last }
      await setInstallValue(tx, name, Buffer.from(JSON.stringify(now)))
      return { count: rows.length, done: now.done }
    })
    renewed += count
    if (done) return renewed
  }
}

/** Locked, since a grant of an older version than the one that somebody writes at this moment would stay. */
async function nextRows(tx: Transaction, table: string, after: string | undefined, limit: number) {
  const rids = await tx.query<{ rid: Rid }>(
    `select rid from "${table}" where ($1::int8 is null or rid > $1::int8) order by rid limit $2 for update`,
    [after ?? null, limit],
  )
  return tx.query<{ id: string; rid: Rid; ver: number; json: string }>(
    `select v.id, s.rid, s.ver, v.json from "${table}" s join "${table}_v" v on v.rid = s.rid and v.ver = s.ver
       where s.rid = any($1::int8[]) order by s.rid`,
    [rids.map(({ rid }) => rid.toString())],
  )
}
