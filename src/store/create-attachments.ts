import { randomBytes } from 'node:crypto'
import { finished } from 'node:stream'
import type { Readable } from 'node:stream'
import { FhirError } from '../fhir/error.ts'
import { createAttachmentRows } from './attachments/attachment-rows.ts'
import { Meter } from './attachments/meter.ts'
import { createSweep } from './attachments/sweep.ts'
import type { ByteRange, ObjectStore } from './object-store.ts'
import type { Attachments, Handle } from './store.ts'
import type { SavedObject, StoredObject } from './stored-object.ts'

/** Objects are stored as they come; a later format of encryption gets the next number. */
const plain = 0

export interface AttachmentParts {
  query: Handle['query']
  objects: ObjectStore
  /** Epoch ms. */
  now: () => number
}

/**
 * Attachments: their bytes in the object store, and one row per version of a Binary that says where and what they are.
 *
 * The object is written first and the row second, so a row never lacks its bytes; objects that got no row are swept.
 */
export function createAttachments({ query, objects, now }: AttachmentParts): Attachments {
  const rows = createAttachmentRows({ query }, now)
  const sweep = createSweep({ query, objects, now })

  return {
    async save(bytes, { limit, signal }) {
      const key = randomBytes(16).toString('hex')
      const meter = new Meter(limit)
      const letGo = pour(bytes, meter, signal)
      try {
        await sweep.spare(key, () => objects.put(key, meter))
      } finally {
        letGo()
      }
      return { key, ...meter.measures(), enc: plain }
    },

    async open(object, range) {
      demandReadable(object, range)
      return objects.get(object.key, range)
    },

    async read(object, range = { from: 0, to: object.size - 1 }, into) {
      if (object.size === 0) return Buffer.alloc(0)
      demandReadable(object, range)
      const length = range.to - range.from + 1
      const bytes = into?.subarray(0, length) ?? Buffer.allocUnsafe(length)
      await objects.read(object.key, range, bytes)
      return bytes
    },

    ...rows,
    sweep: sweep.run,
    discard: (object: SavedObject) => objects.remove(object.key),
  }
}

function demandReadable({ enc, size }: StoredObject, range: ByteRange | undefined): void {
  if (enc !== plain) throw new FhirError('internal', `Encryption ${enc} is not known.`)
  if (range && !(0 <= range.from && range.from <= range.to && range.to < size)) {
    throw new FhirError('rangeNotSatisfiable', `The attachment has ${size} bytes.`)
  }
}

/**
 * Pours the bytes into the meter; a source that breaks before its end, or an abort, breaks the meter. The source itself is
 * never destroyed: it may be a request whose answer is still to be sent. The result ends the connection of the two.
 */
function pour(bytes: Readable, meter: Meter, signal: AbortSignal | undefined): () => void {
  const breakOff = (cause: unknown) => {
    meter.destroy(new FhirError('malformed', 'The upload ended early.', { cause }))
  }
  const onAbort = () => breakOff(signal?.reason)
  // It may break before the store reads it, which then hears of it.
  meter.on('error', () => undefined)
  const forget = finished(bytes, { writable: false }, (error) => {
    if (error) breakOff(error)
  })
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort)
  bytes.pipe(meter)
  return () => {
    forget()
    signal?.removeEventListener('abort', onAbort)
    bytes.unpipe(meter)
    meter.destroy()
  }
}
