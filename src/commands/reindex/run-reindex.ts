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
}

/**
 * Indexes every row of the types anew, in batches. What is done is noted with each batch, so that a run that was interrupted is
 * taken up where it stopped, unless the parameters of the type have changed since.
 */
export async function runReindex(types: readonly string[], parts: Parts): Promise<readonly Reindexed[]> {
  const { reindex, search, progress, signal } = parts
  const indexed = search.indexed()
  const finished: Reindexed[] = []
  for (const type of types) {
    const parameters = indexed.get(type)!
    const making = digestOf(new Map([[type, parameters]]))
    const total = await reindex.count(type)
    let { after, done } = await reindex.progress(type, making)
    if (done > 0) progress.say(`${type}: going on after ${done} of ${total}`)
    for (;;) {
      if (signal.aborted) return finished
      const rows = await reindex.page(type, after, batch)
      if (rows.length === 0) break
      await reindex.rewrite(type, rows.map(withIndex(search, type)), making)
      after = rows.at(-1)!.rid
      done += rows.length
      progress.show(done, Math.max(total, done), `${type}: ${done} of ${Math.max(total, done)}`)
    }
    await reindex.finish(type, parameters)
    finished.push({ type, rows: done })
  }
  return finished
}

function withIndex(search: Search, type: string) {
  return (row: IndexedRow) => {
    try {
      return { ...row, index: search.extract(parseJson(row.json) as Resource, row.id) }
    } catch (cause) {
      throw new Error(`${type}/${row.id} cannot be indexed: ${(cause as Error).message}`, { cause })
    }
  }
}
