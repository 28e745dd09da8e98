import { join } from 'node:path'
import { createFileObjects } from './attachments/file-objects.ts'
import type { S3Settings } from './attachments/s3-client.ts'
import { createS3Objects } from './attachments/s3-objects.ts'
import type { ObjectStore } from './object-store.ts'

/** The object store that the settings name: a bucket, or files in `dataDir`. Throws when the bucket is open to anybody. */
export function openObjects({ dataDir, s3 }: { dataDir: string; s3?: S3Settings | undefined }): Promise<ObjectStore> {
  return s3 ? createS3Objects(s3) : createFileObjects(join(dataDir, 'blobs'))
}
