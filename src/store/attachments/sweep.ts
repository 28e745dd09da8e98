import type { ObjectStore } from '../object-store.ts'
import type { Handle } from '../store.ts'

const hour = 3_600_000
const day = 24 * hour
/** Keys that one statement asks about. */
const batch = 500

export interface SweepParts {
  query: Handle['query']
  objects: ObjectStore
  now: () => number
}

/** Removes what no document will ever refer to: objects without a row, and uploads that nothing owns a day later. */
export function createSweep({ query, objects, now }: SweepParts) {
  /** Keys of this process that are being written (Infinity) or were just written, whose rows are still to come. */
  const spared = new Map<string, number>()

  /** Writes an object that the sweep leaves alone until an hour after. Its age tells too little: S3 counts from the start. */
  async function spare(key: string, write: () => Promise<void>): Promise<void> {
    spared.set(key, Infinity)
    try {
      await write()
      spared.set(key, now())
    } catch (error) {
      spared.delete(key)
      throw error
    }
  }

  async function run(at: number, isKept: (key: string) => boolean = () => false): Promise<number> {
    for (const [key, written] of spared) if (written < at - hour) spared.delete(key)
    const unowned = await removeUnowned(at - day)
    const rowless = await removeRowless(at - hour, isKept)
    await objects.removeUnfinished(at - day)
    return unowned + rowless
  }

  /** The row first: what then is left of the object has no row, and goes with the next sweep. */
  async function removeUnowned(before: number): Promise<number> {
    const rows = await query<{ object_key: string }>(
      'delete from attachment where owner is null and created < $1 returning object_key',
      [before],
      'attachment-sweep',
    )
    for (const row of rows) await objects.remove(row.object_key)
    return rows.length
  }

  async function removeRowless(before: number, isKept: (key: string) => boolean): Promise<number> {
    let count = 0
    for await (const keys of batches(objects.list(before))) {
      const known = new Set(await rowsOf(keys))
      const rowless = keys.filter((key) => !known.has(key) && !spared.has(key) && !isKept(key))
      for (const key of rowless) await objects.remove(key)
      count += rowless.length
    }
    return count
  }

  async function rowsOf(keys: readonly string[]): Promise<string[]> {
    const rows = await query<{ object_key: string }>(
      'select object_key from attachment where object_key = any($1)',
      [keys],
      'attachment-known',
    )
    return rows.map((row) => row.object_key)
  }

  return { spare, run }
}

async function* batches(keys: AsyncIterable<string>): AsyncGenerator<string[]> {
  let some: string[] = []
  for await (const key of keys) {
    some.push(key)
    if (some.length < batch) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
