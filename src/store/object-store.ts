import type { Readable } from 'node:stream'

/**
 * Immutable objects under keys that are used once, in a folder or in a bucket. An object is there whole or not at all.
 *
 * `put`, `get`, `remove` and `health` throw FhirError('unavailable') when the folder or the server does not answer as it
 * should. A FhirError that breaks the bytes of a `put` leaves it unchanged.
 */
export interface ObjectStore {
  /** Keeps the bytes until the stream ends. When the stream breaks it throws, and nothing is kept. */
  put(key: string, bytes: Readable): Promise<void>
  /** The bytes [from, to] (inclusive, inside of the object) or all of them. */
  get(key: string, range?: ByteRange): Promise<Readable>
  /** As `get`, all at once: fills the memory, which is as long as the range. */
  read(key: string, range: ByteRange, into: Buffer): Promise<void>
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>
  /** The keys of the objects that were last written before `olderThan` (epoch ms). */
  list(olderThan: number): AsyncIterable<string>
  /** Gives up what uploads that began before `olderThan` (epoch ms) and never ended left behind; answers how many. */
  removeUnfinished(olderThan: number): Promise<number>
  /** Throws when the store cannot be read or written. */
  health(): Promise<void>
}

export interface ByteRange {
  readonly from: number
  readonly to: number
}
