import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { createS3Client } from '../../src/store/attachments/s3-client.ts'
import { partSize, upload } from '../../src/store/attachments/s3-upload.ts'
import { bufferOf, bytesOf } from './streams.ts'

/** Not an S3 server: one that begins uploads, takes two parts, and answers everything else with what a test wants. */
describe('an upload to a server that fails', () => {
  const asked: string[] = []
  let answers: number[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://s3')
    asked.push(`${request.method} ${pathname}${searchParams.get('partNumber') ?? ''}`)
    request.resume().on('end', () => {
      if (searchParams.has('uploads'))
        response.end('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>')
      else if (Number(searchParams.get('partNumber')) in { 1: 1, 2: 2 }) response.setHeader('etag', '"e"').end()
      else if (request.method === 'DELETE') response.writeHead(204).end()
      else response.writeHead(answers.shift() ?? 200, { etag: '"e"' }).end()
    })
  })
  const client = () => {
    const { port } = server.address() as AddressInfo
    const endpoint = `http://127.0.0.1:${port}`
    return createS3Client({ endpoint, region: 'us-east-1', bucket: 'bucket', accessKey: 'a', secretKey: 'secret' })
  }
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  after(() => server.close())

  test('is given up when a part is refused, even while its source is silent', async () => {
    answers = [403]
    const source = new PassThrough()
    const uploading = upload(client(), 'bucket', 'slow', source)
    source.write(await bufferOf(bytesOf(3 * partSize)))
    // The third part fails in here, while the upload waits for bytes; nobody may take that for an unhandled error.
    while (!asked.includes('PUT /bucket/slow3')) await pause(20)
    await pause(300)
    source.end(Buffer.alloc(1))
    await assert.rejects(() => uploading)
    assert.equal(asked.at(-1), 'DELETE /bucket/slow')
  })

  test('asks again when the server says "not now", and gives up after a few times', async () => {
    answers = [503, 503]
    await upload(client(), 'bucket', 'busy', bytesOf(10))
    answers = [503, 503, 503, 503, 503]
    await assert.rejects(() => upload(client(), 'bucket', 'dead', bytesOf(10)))
    assert.equal(asked.filter((line) => line === 'PUT /bucket/dead').length, 4)
  })
})
