import type { Readable } from 'node:stream'
import type { BucketItem } from 'minio'
import type { ByteRange, ObjectStore } from '../object-store.ts'
import { prepareBucket } from './s3-bucket.ts'
import { createS3Client, isNoSuchKey, persistent } from './s3-client.ts'
import type { S3Settings } from './s3-client.ts'
import { upload } from './s3-upload.ts'
import { missingObject, orUnavailable, unavailable } from './unavailable.ts'

/** Whatever else lies in the bucket is neither listed nor removed. */
const folder = 'attachments/'

/** Objects in a bucket of any S3-compatible store. Keys are used once, as no way to refuse a second one works everywhere. */
export async function createS3Objects(settings: S3Settings): Promise<ObjectStore> {
  const { bucket } = settings
  const client = createS3Client(settings)
  await prepareBucket(client, settings)

  return {
    put: (key, bytes) => orUnavailable(() => upload(client, bucket, folder + key, bytes)),

    get,
    read: (key, range, into) =>
      orUnavailable(async () => {
        let have = 0
        for await (const chunk of (await get(key, range)) as AsyncIterable<Buffer>) {
          if (have + chunk.length > into.length) break
          have += chunk.copy(into, have)
        }
        if (have < into.length) throw new Error(`${have} bytes came instead of ${into.length}`)
      }),

    remove: (key) => orUnavailable(() => persistent(() => client.removeObject(bucket, folder + key))),

    async *list(olderThan) {
      for await (const item of client.listObjectsV2(bucket, folder, true) as AsyncIterable<BucketItem>) {
        if (item.name && item.lastModified && item.lastModified.getTime() < olderThan)
          yield item.name.slice(folder.length)
      }
    },

    async removeUnfinished(olderThan) {
      let count = 0
      for await (const { key, uploadId, initiated } of unfinishedUploads()) {
        if (initiated.getTime() >= olderThan) continue
        await orUnavailable(() => client.abortMultipartUpload(bucket, key, uploadId))
        count += 1
      }
      return count
    },

    async health() {
      const exists = await orUnavailable(() => client.bucketExists(bucket))
      if (!exists) throw unavailable(new Error(`the bucket "${bucket}" is gone`))
    },
  }

  async function get(key: string, range?: ByteRange): Promise<Readable> {
    const [offset, length] = range ? [range.from, range.to - range.from + 1] : [0, 0]
    try {
      return await persistent(() => client.getPartialObject(bucket, folder + key, offset, length))
    } catch (error) {
      throw isNoSuchKey(error) ? missingObject(key, error) : unavailable(error)
    }
  }

  function unfinishedUploads() {
    return client.listIncompleteUploads(bucket, folder, true) as AsyncIterable<{
      key: string
      uploadId: string
      initiated: Date
    }>
  }
}
