import type { FirstMeaning, IndexedParameters, IndexState } from '../search/index-state.ts'
import type { SearchIndex } from './search-index.ts'

/** What the index lacks of what is indexed today, kept up with what a reindex does meanwhile. */
export interface OpenIndexState extends IndexState {
  /** Compares with the database. Answers the types whose index is incomplete, with the codes that it lacks. */
  compare(indexed: ReadonlyMap<string, IndexedParameters>): Promise<ReadonlyMap<string, readonly string[]>>
}

/** `firstMeaning`: what the first release, which noted nothing, had indexed. */
export function openIndexState(index: SearchIndex, firstMeaning: FirstMeaning): OpenIndexState {
  let pending: ReadonlyMap<string, readonly string[]> = new Map()
  let revision = 0

  /** An index that nothing is noted of is empty, or the first release's. */
  async function noted(indexed: ReadonlyMap<string, IndexedParameters>): Promise<Map<string, IndexedParameters>> {
    const known = await index.read()
    if (known.size > 0) return known
    const isNew = (await index.served()) === undefined
    const first = isNew ? new Map(indexed) : new Map([...indexed].map(([type, all]) => [type, firstOf(type, all)]))
    await index.write(first)
    return first
  }

  function firstOf(type: string, all: IndexedParameters): IndexedParameters {
    const first = Object.keys(all).map((code) => [code, firstMeaning(type, code)])
    return Object.fromEntries(first.filter(([, meaning]) => meaning !== undefined)) as IndexedParameters
  }

  return {
    isPending: (type, code) => pending.get(type)?.includes(code) ?? false,
    revision: () => revision,
    async compare(indexed) {
      const known = await noted(indexed)
      const lacking = new Map(
        [...indexed].flatMap(([type, all]) => {
          const codes = Object.keys(all).filter((code) => known.get(type)?.[code] !== all[code])
          return codes.length > 0 ? [[type, codes] as const] : []
        }),
      )
      const empty = await index.empty([...lacking.keys()])
      if (empty.length > 0) await index.write(new Map(empty.map((type) => [type, indexed.get(type)!])))
      for (const type of empty) lacking.delete(type)
      if (JSON.stringify([...lacking]) !== JSON.stringify([...pending])) revision++
      pending = lacking
      return lacking
    },
  }
}
