import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { FhirError } from '../../src/fhir/error.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import { bufferOf, bytesOf } from './streams.ts'
import { attachmentSuite } from './suite.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'attachments-'))
after(() => rmSync(dataDir, { recursive: true, force: true }))

attachmentSuite('files', () => ({ dataDir }))

describe('a folder of objects', () => {
  const key = 'ab'.repeat(16)

  test('never replaces an object', async () => {
    const objects = await openObjects({ dataDir })
    await objects.put(key, bytesOf(10, 1))
    await assert.rejects(
      () => objects.put(key, bytesOf(20, 2)),
      (error) => error instanceof FhirError && error.problem === 'unavailable',
    )
    assert.deepEqual(await bufferOf(await objects.get(key)), await bufferOf(bytesOf(10, 1)))
    await objects.remove(key)
  })

  test('takes no key that could lead out of it', async () => {
    const objects = await openObjects({ dataDir })
    for (const wrong of ['../../../etc/passwd', '', 'AB'.repeat(16), `${key}/x`, `${key}\0`]) {
      await assert.rejects(async () => objects.get(wrong), wrong)
      await assert.rejects(async () => objects.put(wrong, bytesOf(1)), wrong)
      await assert.rejects(async () => objects.remove(wrong), wrong)
    }
  })

  test('is closed to other accounts, and the data folder around it keeps its mode', { skip: onWindows() }, async () => {
    const fresh = join(dataDir, 'fresh')
    const objects = await openObjects({ dataDir: fresh })
    await objects.put(key, bytesOf(10))
    const mode = (...path: string[]) => (statSync(join(fresh, ...path)).mode & 0o777).toString(8)
    assert.equal(mode('blobs', 'unfinished'), '700')
    assert.equal(mode('blobs'), '700')
    assert.equal(mode('blobs', key.slice(0, 2)), '700')
    assert.equal(mode('blobs', key.slice(0, 2), key), '600')
    assert.notEqual(mode(), '700')
  })

  test('spreads its objects over folders named by the first two digits', async () => {
    const fresh = join(dataDir, 'spread')
    const objects = await openObjects({ dataDir: fresh })
    await objects.put(key, bytesOf(1))
    assert.deepEqual(readdirSync(join(fresh, 'blobs', 'ab')), [key])
    assert.deepEqual(readdirSync(join(fresh, 'blobs', 'unfinished')), [])
  })

  test('says when it cannot be written', async () => {
    const fresh = join(dataDir, 'lost')
    const objects = await openObjects({ dataDir: fresh })
    rmSync(join(fresh, 'blobs'), { recursive: true })
    const unavailable = (error: unknown) => error instanceof FhirError && error.problem === 'unavailable'
    await assert.rejects(() => objects.health(), unavailable)
    await assert.rejects(() => objects.put(key, bytesOf(1)), unavailable)
  })

  test('cannot be made where a file stands', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    await assert.rejects(() => openObjects({ dataDir: join(dataDir, 'file') }))
  })
})

function onWindows(): string | false {
  return process.platform === 'win32' ? 'Windows has no modes' : false
}
