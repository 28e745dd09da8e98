import { randomBytes } from 'node:crypto'
import type { Client } from 'minio'
import { persistent } from './s3-client.ts'
import type { S3Settings } from './s3-client.ts'
import { orUnavailable } from './unavailable.ts'

/**
 * Makes sure of the bucket: there, ours to write, and closed to everybody else. A bucket is as public as an unsigned
 * request finds it, whatever policies and access lists say, so that is what is tried.
 */
export async function prepareBucket(client: Client, { endpoint, region, bucket }: S3Settings): Promise<void> {
  const probe = `probe/${randomBytes(16).toString('hex')}`
  await orUnavailable(async () => {
    if (!(await persistent(() => client.bucketExists(bucket)))) await client.makeBucket(bucket, region)
    await persistent(() => client.putObject(bucket, probe, Buffer.from('probe')))
  })
  try {
    const address = `${endpoint}/${bucket}`
    const open = [
      ['read', await answers(`${address}/${probe}`)],
      ['list', await answers(`${address}?list-type=2&max-keys=1`)],
      ['write to', await answers(`${address}/${probe}`, { method: 'PUT', body: 'open' })],
    ].flatMap(([what, isOpen]) => (isOpen ? [what] : []))
    if (open.length > 0) {
      throw new Error(`Anybody can ${open.join(', ')} the bucket "${bucket}". Make it private, then start again.`)
    }
  } finally {
    await client.removeObject(bucket, probe)
  }
}

async function answers(url: string, request: RequestInit = {}): Promise<boolean> {
  const response = await orUnavailable(() => fetch(url, { ...request, signal: AbortSignal.timeout(30_000) }))
  await response.body?.cancel()
  return response.ok
}
