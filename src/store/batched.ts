import { FhirError } from '../fhir/error.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

const mostPerBatch = 500

/**
 * Calls that come in together, and those that arrive while a batch is under way, share one: a single caller never waits for
 * others, and many cost one statement. `run` answers one result per item, in their order. When a batch fails, each of its
 * items gets a try of its own, so that nobody fails for what somebody else asked; but not where the database is what failed.
 */
export function createBatched<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let running = false

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostPerBatch)
      waiting = waiting.slice(mostPerBatch)
      try {
        const results = await run(batch.map(({ item }) => item))
        batch.forEach(({ resolve }, n) => resolve(results[n]!))
      } catch (error) {
        if (batch.length === 1 || isOfAll(error)) batch.forEach(({ reject }) => reject(error))
        else await oneByOne(batch)
      }
    }
    running = false
  }

  async function oneByOne(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    for (const { item, resolve, reject } of batch) {
      try {
        const [result] = await run([item])
        resolve(result!)
      } catch (error) {
        reject(error)
      }
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (running) return
      running = true
      // What came in with the same wake-up of the process is still to be read.
      setImmediate(() => void runAll())
    })
}

/** The database is away or has too much to do: no item is the cause, and each alone would wait for as long again. */
function isOfAll(error: unknown): boolean {
  return error instanceof FhirError && error.status === 503
}
