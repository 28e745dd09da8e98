import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { FhirError } from '../../src/fhir/error.ts'
import { createS3Client } from '../../src/store/attachments/s3-client.ts'
import type { S3Settings } from '../../src/store/attachments/s3-client.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import { s3Server } from '../support/s3-server.ts'
import { bytesOf } from './streams.ts'
import { attachmentSuite } from './suite.ts'

const server = await s3Server()

if ('missing' in server) {
  test('attachments in an S3 bucket', { skip: server.missing })
} else {
  after(() => server.stop())
  const newBucket = (): S3Settings => ({ ...server, bucket: `test-${randomBytes(8).toString('hex')}` })
  const own = newBucket()

  attachmentSuite('an S3 bucket', () => ({ dataDir: '/nowhere', s3: own }))

  describe('a bucket', () => {
    const unavailable = (error: unknown) => error instanceof FhirError && error.problem === 'unavailable'
    const open = (s3: S3Settings) => openObjects({ dataDir: '/nowhere', s3 })

    test('is made when it is absent, and taken as it is when it is there', async () => {
      const s3 = newBucket()
      const client = createS3Client(s3)
      assert.equal(await client.bucketExists(s3.bucket), false)
      await open(s3)
      await open(s3)
      assert.equal(await client.bucketExists(s3.bucket), true)
      assert.deepEqual(await client.listObjectsV2(s3.bucket, '', true).toArray(), [], 'the probe was left behind')
    })

    for (const [what, action, path] of [
      ['read', 's3:GetObject', '/*'],
      ['list', 's3:ListBucket', ''],
      ['write to', 's3:PutObject', '/*'],
    ] as const) {
      test(`that anybody can ${what} is refused`, async () => {
        const s3 = newBucket()
        const client = createS3Client(s3)
        await client.makeBucket(s3.bucket, s3.region)
        const statement = {
          Effect: 'Allow',
          Principal: '*',
          Action: [action],
          Resource: [`arn:aws:s3:::${s3.bucket}${path}`],
        }
        await client.setBucketPolicy(s3.bucket, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
        await assert.rejects(() => open(s3), new RegExp(`^Error: Anybody can ${what} the bucket`))
      })
    }

    test('keeps what others have in it: it is neither listed nor swept', async () => {
      const s3 = newBucket()
      const objects = await open(s3)
      const client = createS3Client(s3)
      await client.putObject(s3.bucket, 'backup/of-somebody', Buffer.from('mine'))
      await objects.put('ab'.repeat(16), bytesOf(1))
      const listed: string[] = []
      for await (const key of objects.list(Infinity)) listed.push(key)
      assert.deepEqual(listed, ['ab'.repeat(16)])
    })

    test('cannot be opened with a wrong secret', async () => {
      await assert.rejects(() => open({ ...newBucket(), secretKey: 'wrong' }), unavailable)
    })

    test('is unavailable when nobody listens', async () => {
      await assert.rejects(() => open({ ...newBucket(), endpoint: 'http://127.0.0.1:1' }), unavailable)
    })

    test('that is gone is not well', async () => {
      const s3 = newBucket()
      const objects = await open(s3)
      await createS3Client(s3).removeBucket(s3.bucket)
      await assert.rejects(() => objects.health(), unavailable)
    })
  })
}
