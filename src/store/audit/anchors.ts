import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { FhirError } from '../../fhir/error.ts'
import type { ObjectStore } from '../object-store.ts'

const day = 86_400_000
/** No trail is older than the product. */
const firstDay = Date.UTC(2026, 0, 1)

export interface Anchor {
  readonly seq: string
  readonly head: string
  readonly at: string
}

export type Anchors = ReturnType<typeof createAnchors>

/**
 * Once a day the newest head of the chain is kept where the database does not reach: among the attachments, under a key that
 * follows from the day, so that nobody can take an anchor away by taking its name out of a table.
 */
export function createAnchors({ key, objects }: { key: Buffer; objects: ObjectStore }) {
  const keyOf = (at: number) => {
    const name = new Date(at).toISOString().slice(0, 10)
    return createHmac('sha256', key).update(`anchor ${name}`).digest('hex').slice(0, 32)
  }
  const known = new Set<string>()
  let knownUpTo = firstDay

  async function find(at: number): Promise<Anchor | undefined> {
    try {
      return JSON.parse((await buffer(await objects.get(keyOf(at)))).toString()) as Anchor
    } catch (error) {
      if (error instanceof FhirError && error.problem === 'internal') return undefined
      throw error
    }
  }

  return {
    find,
    async put(at: number, anchor: Anchor): Promise<void> {
      await objects.put(keyOf(at), Readable.from([Buffer.from(JSON.stringify(anchor))]))
    },
    /** Whether the object is an anchor, of a day up to tomorrow: a sweep of objects without rows leaves it. */
    isAnchor(objectKey: string): boolean {
      for (; knownUpTo <= Date.now() + day; knownUpTo += day) known.add(keyOf(knownUpTo))
      return known.has(objectKey)
    },
  }
}
