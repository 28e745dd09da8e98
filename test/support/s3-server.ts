import { missingPrograms, startRadosGateway } from './rados-gateway.ts'
import type { S3Server } from './rados-gateway.ts'

/**
 * A real S3 server for tests: the one that S3_TEST_ENDPOINT names (with S3_TEST_ACCESS_KEY, S3_TEST_SECRET_KEY and
 * S3_TEST_REGION), or a Ceph RADOS Gateway of our own. Where neither is to be had, what is missing.
 */
export async function s3Server(): Promise<S3Server | { missing: string }> {
  const { S3_TEST_ENDPOINT: endpoint } = process.env
  if (endpoint) {
    return {
      endpoint,
      region: process.env['S3_TEST_REGION'] ?? 'us-east-1',
      accessKey: process.env['S3_TEST_ACCESS_KEY'] ?? '',
      secretKey: process.env['S3_TEST_SECRET_KEY'] ?? '',
      stop: () => Promise.resolve(),
    }
  }
  const missing = missingPrograms()
  if (missing.length === 0) return startRadosGateway()
  return {
    missing: `no S3 server: S3_TEST_ENDPOINT is not set and ${missing.join(', ')} not installed (apt-get install ceph-mon ceph-osd radosgw)`,
  }
}
