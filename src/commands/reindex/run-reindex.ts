import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Search } from '../../search/create-search.ts'
import { digestOf } from '../../search/index-state.ts'
import type { IndexedRow, Reindex } from '../../store/create-reindex.ts'
import type { Progress } from '../progress.ts'

/** Few enough that nobody who writes one of them has to wait for long. */
const batch = 200

interface Parts {
  readonly reindex: Reindex
  readonly search: Search
  readonly progress: Progress
  /** Ends the work after the batch that is under way; the next run goes on from there. */
  readonly signal: AbortSignal
}

export interface Reindexed {
  readonly type: string
  readonly rows: number
  /** The ids of those that cannot be indexed, each with the reason: they keep the index that they had. */
  readonly failed: readonly string[]
}

/**
 * Indexes every row of the types anew, in batches. All types are marked at first, and the mark goes with the last batch: so what
 * was interrupted is told from what is done, also where nothing was lacking. What is done is noted with each batch, so that a run that was interrupted is
 * taken up where it stopped, unless the parameters of the type have changed since.
 */
export async function runReindex(types: readonly string[], parts: Parts): Promise<readonly Reindexed[]> {
  const { reindex, search, progress, signal } = parts
  const indexed = search.indexed()
  const finished: Reindexed[] = []
  const makingOf = (type: string) => digestOf(new Map([[type, indexed.get(type)!]]))
  await reindex.begin(new Map(types.map((type) => [type, makingOf(type)])))
  for (const type of types) {
    const parameters = indexed.get(type)!
    const making = makingOf(type)
    const failed: string[] = []
    const total = await reindex.count(type)
    let { after, done } = await reindex.progress(type, making)
    if (done > 0) progress.say(`${type}: going on after ${done} of ${total}`)
    for (;;) {
      if (signal.aborted) return finished
      const rows = await reindex.page(type, after, batch)
      if (rows.length === 0) break
      after = rows.at(-1)!.rid
      done += rows.length
      await reindex.rewrite(type, rows.flatMap(withIndex(search, failed)), { making, after, done })
      progress.show(done, Math.max(total, done), `${type}: ${done} of ${Math.max(total, done)}`)
    }
    await reindex.finish(type, parameters)
    finished.push({ type, rows: done - failed.length, failed })
  }
  return finished
}

/** One row that cannot be indexed does not keep all others from being found. */
function withIndex(search: Search, failed: string[]) {
  return (row: IndexedRow) => {
    try {
      return [{ ...row, index: search.extract(parseJson(row.json) as Resource, row.id) }]
    } catch (error) {
      failed.push(`${row.id}: ${(error as Error).message}`)
      return []
    }
  }
}
