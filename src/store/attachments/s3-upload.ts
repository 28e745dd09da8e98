import type { Readable } from 'node:stream'
import type { Client } from 'minio'
import { persistent } from './s3-client.ts'

/** What one upload holds in memory, twice. 10,000 parts make 78 GiB. */
export const partSize = 8 * 2 ** 20

/**
 * Uploads a stream of unknown length: small ones in one request, others part by part. The object appears when all is there.
 *
 * The client's own upload of a stream never ends when the stream breaks, hence ours.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export async function upload(client: Client, bucket: string, name: string, bytes: Readable): Promise<void> {
  const parts = partsOf(bytes)
  const first = await parts.next()
  const second = first.done ? first : await parts.next()
  if (second.done) {
    const whole = first.done ? Buffer.alloc(0) : first.value
    await persistent(() => client.putObject(bucket, name, whole))
    return
  }
  const uploadId = await persistent(() => client.initiateNewMultipartUpload(bucket, name, {}))
  try {
    await sendParts(client, { bucket, name, uploadId }, [first.value!, second.value], parts)
  } catch (error) {
    // What cannot be given up now is removed by the sweep.
    await client.abortMultipartUpload(bucket, name, uploadId).catch(() => undefined)
    throw error
  }
}

interface Target {
  readonly bucket: string
  readonly name: string
  readonly uploadId: string
}

async function sendParts(
  client: Client,
  { bucket, name, uploadId }: Target,
  begun: Buffer[],
  rest: AsyncIterable<Buffer>,
) {
  const sent: { part: number; etag: string }[] = []
  const send = async (part: Buffer) => {
    const number = sent.length + 1
    const target = { bucketName: bucket, objectName: name, uploadID: uploadId, partNumber: number, headers: {} }
    const { etag } = await persistent(() => client.uploadPart(target, part))
    sent.push({ part: number, etag })
  }
  for (const part of begun) await send(part)
  let sending = Promise.resolve()
  try {
    for await (const part of rest) {
      // The next part is read while this one is sent, into the buffer of the one before it.
      await sending
      sending = send(part)
      // It is awaited above or below, maybe long after it failed, when the bytes come slowly.
      sending.catch(() => undefined)
    }
  } finally {
    // Also when the bytes broke: a part that arrives after the upload was given up would stay.
    await sending
  }
  await persistent(() => client.completeMultipartUpload(bucket, name, uploadId, sent))
}

/**
 * The bytes in pieces of the size of a part, the last one smaller. Two buffers take turns: a piece is good until the one
 * after the next is asked for. New buffers for every part would pile up faster than they are collected.
 */
async function* partsOf(bytes: Readable): AsyncGenerator<Buffer> {
  const buffers: Buffer[] = []
  let turn = 0
  let size = 0
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    for (let taken = 0; taken < chunk.length;) {
      const filling = (buffers[turn] ??= Buffer.allocUnsafeSlow(partSize))
      const copied = chunk.copy(filling, size, taken)
      taken += copied
      size += copied
      if (size < partSize) continue
      yield filling
      turn = 1 - turn
      size = 0
    }
  }
  if (size > 0) yield buffers[turn]!.subarray(0, size)
}
