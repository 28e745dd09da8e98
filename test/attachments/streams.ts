import { createCipheriv, createHash } from 'node:crypto'
import { Readable } from 'node:stream'

const chunkSize = 65_536
const zeros = Buffer.alloc(chunkSize)

/** So many bytes without a pattern, made on the way; the same ones for the same seed. */
export function bytesOf(size: number, seed = 0): Readable {
  return Readable.from(chunks(size, seed), { objectMode: false })
}

function* chunks(size: number, seed: number): Generator<Buffer> {
  const key = Buffer.alloc(16)
  key.writeUInt32BE(seed)
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  for (let left = size; left > 0; left -= chunkSize) yield cipher.update(zeros.subarray(0, Math.min(left, chunkSize)))
}

/** The same bytes, as far as `size`, and then the connection is lost. */
export function brokenAfter(size: number): Readable {
  function* broken() {
    yield* chunks(size, 0)
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  }
  return Readable.from(broken(), { objectMode: false })
}

export interface Measures {
  readonly size: number
  readonly sha1: string
  readonly sha256: string
}

/** Reads to the end and keeps nothing. */
export async function measure(stream: Readable): Promise<Measures> {
  const sha1 = createHash('sha1')
  const sha256 = createHash('sha256')
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sha1.update(chunk)
    sha256.update(chunk)
    size += chunk.length
  }
  return { size, sha1: sha1.digest('base64'), sha256: sha256.digest('hex') }
}

export async function bufferOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray())
}
