import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { FhirError } from '../../src/fhir/error.ts'
import type { Problem } from '../../src/fhir/error.ts'
import { createKeys } from '../../src/search/keys.ts'
import { createStore } from '../../src/store/create-store.ts'
import { createAttachments } from '../../src/store/create-attachments.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import type { Store } from '../../src/store/store.ts'
import type { SavedObject } from '../../src/store/stored-object.ts'
import { freshDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { brokenAfter, bufferOf, bytesOf, measure } from './streams.ts'

export type ObjectSettings = Parameters<typeof openObjects>[0]

const MiB = 2 ** 20
const part = 8 * MiB
const hour = 3_600_000
const limit = 1024 * MiB

/** What every object store must do, told with attachments. `settings` is asked when the tests begin. */
export function attachmentSuite(kind: string, settings: () => ObjectSettings): void {
  describe(`attachments in ${kind}`, () => {
    let testDatabase: TestDatabase
    let store: Store
    let objects: ObjectStore
    let nextRid = 1n

    before(async () => {
      testDatabase = await freshDatabase()
      objects = await openObjects(settings())
      const database = openDatabase({ connection: testDatabase.url })
      store = await createStore({ database, keys: createKeys(randomBytes(32)), objects })
    })
    after(async () => {
      await store?.close()
      await testDatabase?.drop()
    })

    const save = (size: number, seed?: number) => store.attachments.save(bytesOf(size, seed), { limit })
    const attach = (rid: bigint, object: SavedObject, version = 1) =>
      store.transaction((tx) =>
        store.attachments.attach(tx, { rid, version, contentType: 'application/pdf', uploader: 7n }, object),
      )
    const own = (rid: bigint, owner: { type: string; rid: bigint }) =>
      store.transaction((tx) => store.attachments.own(tx, rid, owner))
    const document = (rid: bigint) => ({ type: 'DocumentReference', rid })
    const stored = async (size: number) => {
      const rid = (nextRid += 1n)
      const object = await save(size, Number(rid))
      await attach(rid, object)
      return { rid, object, found: (await store.attachments.find(rid))! }
    }
    const keys = () => keysOf(objects)
    const keepsNothing = async (work: () => Promise<unknown>, problem: Problem) => {
      const before = await keys()
      await assert.rejects(work, (error) => error instanceof FhirError && error.problem === problem)
      assert.deepEqual(await keys(), before)
      assert.equal(await objects.removeUnfinished(Infinity), 0, 'an unfinished upload was left behind')
    }

    for (const size of [0, 1, 65_537, part - 1, part, part + 1, 2 * part, 3 * part + 5]) {
      test(`${size} bytes come back as they went, with their size and hashes`, async () => {
        const object = await save(size, 3)
        const expected = await measure(bytesOf(size, 3))
        assert.deepEqual(object, { key: object.key, enc: 0, ...expected })
        const image = { ...object, contentType: 'image/png', owner: undefined }
        assert.deepEqual(await measure(await store.attachments.open(image)), expected)
        const whole = await store.attachments.read(image)
        assert.ok(whole.equals(await bufferOf(bytesOf(size, 3))), 'read at once')
      })
    }

    test('a range gives exactly its bytes, at every edge', async () => {
      const size = part + 70_000
      const { found } = await stored(size)
      const whole = await bufferOf(await store.attachments.open(found))
      const edges: [number, number][] = [
        [0, 0],
        [0, size - 1],
        [size - 1, size - 1],
        [65_535, 65_536],
        [part - 1, part],
        [part, part + 9],
        [1, size - 2],
      ]
      for (const [from, to] of edges) {
        const piece = await bufferOf(await store.attachments.open(found, { from, to }))
        assert.ok(piece.equals(whole.subarray(from, to + 1)), `${from}-${to}`)
        assert.ok(piece.equals(await store.attachments.read(found, { from, to })), `${from}-${to}, read at once`)
      }
    })

    test('a range outside of the bytes is refused', async () => {
      const { found } = await stored(10)
      for (const [from, to] of [
        [0, 10],
        [10, 10],
        [5, 4],
        [-1, 3],
      ] as const) {
        for (const how of ['open', 'read'] as const) {
          await assert.rejects(
            () => store.attachments[how](found, { from, to }),
            (error) => error instanceof FhirError && error.problem === 'rangeNotSatisfiable',
          )
        }
      }
    })

    test('as many bytes as the limit are kept, one more is refused and nothing of it is kept', async () => {
      for (const size of [1000, part + 1000]) {
        assert.equal((await store.attachments.save(bytesOf(size), { limit: size })).size, size)
        await keepsNothing(() => store.attachments.save(bytesOf(size + 1), { limit: size }), 'tooLarge')
      }
    })

    test('a refused upload leaves its source open, so that the answer can still be sent', async () => {
      const source = bytesOf(part)
      await assert.rejects(() => store.attachments.save(source, { limit: 1000 }))
      assert.equal(source.destroyed, false)
      source.destroy()
    })

    test('an upload that breaks off keeps nothing', async () => {
      for (const size of [0, 100, part + 100, 3 * part]) {
        await keepsNothing(() => store.attachments.save(brokenAfter(size), { limit }), 'malformed')
      }
    })

    test('an upload whose source is lost before it is read keeps nothing', async () => {
      const source = new PassThrough()
      source.on('error', () => undefined)
      source.destroy(new Error('gone'))
      await keepsNothing(() => store.attachments.save(source, { limit }), 'malformed')
    })

    test('an aborted upload keeps nothing, whenever the abort comes', async () => {
      await keepsNothing(
        () => store.attachments.save(bytesOf(100), { limit, signal: AbortSignal.abort() }),
        'malformed',
      )
      for (const sent of [100, 2 * part]) {
        const controller = new AbortController()
        const source = new PassThrough()
        const saving = store.attachments.save(source, { limit, signal: controller.signal })
        bytesOf(sent).pipe(source, { end: false })
        setTimeout(() => controller.abort(), 200)
        await keepsNothing(() => saving, 'malformed')
      }
    })

    test('many uploads at once do not mix', async () => {
      const sizes = [10, 100_000, part, part + 1, 2 * part + 2, 0, 65_536, 1]
      const saved = await Promise.all(sizes.map((size, seed) => save(size, seed)))
      const expected = await Promise.all(sizes.map((size, seed) => measure(bytesOf(size, seed))))
      assert.deepEqual(
        saved.map(({ sha256 }) => sha256),
        expected.map(({ sha256 }) => sha256),
      )
      assert.equal(new Set(saved.map(({ key }) => key)).size, sizes.length)
    })

    test('200 MB go up and down in flat memory', async () => {
      const size = 200 * MiB
      globalThis.gc?.()
      const idle = process.memoryUsage().rss
      let peak = idle
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
      try {
        const object = await save(size)
        const stream = await store.attachments.open({ ...object, contentType: 'video/mp4', owner: undefined })
        assert.equal((await measure(stream)).sha256, object.sha256)
        await store.attachments.discard(object)
      } finally {
        clearInterval(watch)
      }
      const growth = Math.round((peak - idle) / MiB)
      assert.ok(growth < 120, `the process grew by ${growth} MiB`)
    })

    test('a process that is killed in mid upload leaves nothing visible', async () => {
      const before = await keys()
      const uploader = spawn(process.execPath, [join(import.meta.dirname, 'endless-upload.js')], {
        env: { ...process.env, OBJECTS: JSON.stringify(settings()) },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(uploader.stdout, 'data')
      uploader.kill('SIGKILL')
      await once(uploader, 'exit')
      assert.deepEqual(await keys(), before)
      assert.equal(await objects.removeUnfinished(Date.now() - hour), 0, 'an upload that may still run was removed')
      assert.equal(await objects.removeUnfinished(Infinity), 1)
      assert.equal(await objects.removeUnfinished(Infinity), 0)
      assert.deepEqual(await keys(), before)
    })

    test('a discarded object is gone, and discarding it again is no error', async () => {
      const { object, found } = await stored(10)
      await store.attachments.discard(object)
      await store.attachments.discard(object)
      for (const how of ['open', 'read'] as const) {
        await assert.rejects(
          () => store.attachments[how](found),
          (error) => error instanceof FhirError && error.problem === 'internal',
        )
      }
    })

    test('an object in a form of encryption that is not known is refused', async () => {
      const { found } = await stored(10)
      await assert.rejects(() => store.attachments.open({ ...found, enc: 1 }), /Encryption 1/)
      await assert.rejects(() => store.attachments.read({ ...found, enc: 1 }), /Encryption 1/)
    })

    test('a version of a Binary is found with what its row says, the latest when none is named', async () => {
      const { rid, object } = await stored(10)
      const second = await save(20)
      await attach(rid, second, 2)
      const row = { contentType: 'application/pdf', owner: undefined }
      assert.deepEqual(await store.attachments.find(rid), { ...second, ...row })
      assert.deepEqual(await store.attachments.find(rid, 1), { ...object, ...row })
      assert.equal(await store.attachments.find(rid, 3), undefined)
      assert.equal(await store.attachments.find(-1n), undefined)
    })

    test('what a transaction attached is seen within it, and by nobody when it rolls back', async () => {
      const object = await save(10)
      const work = store.transaction(async (tx) => {
        await store.attachments.attach(tx, { rid: -5n, version: 1, contentType: 'text/plain', uploader: 7n }, object)
        assert.equal((await store.attachments.find(-5n, undefined, tx))?.key, object.key)
        assert.equal(await store.attachments.find(-5n), undefined)
        throw new Error('rolled back')
      })
      await assert.rejects(work, /rolled back/)
      assert.equal(await store.attachments.find(-5n), undefined)
    })

    test('the first owner owns a Binary for good, in all its versions', async () => {
      const { rid } = await stored(10)
      await attach(rid, await save(11), 2)
      assert.equal(await own(rid, document(100n)), true)
      assert.equal(await own(rid, document(100n)), true)
      assert.equal(await own(rid, document(101n)), false)
      assert.equal(await own(rid, { type: 'Media', rid: 100n }), false)
      for (const version of [1, 2]) {
        assert.deepEqual((await store.attachments.find(rid, version))?.owner, document(100n))
      }
      assert.equal(await own(-99n, document(100n)), false, 'what does not exist cannot be owned')
    })

    test('an owned Binary takes no further version', async () => {
      const { rid } = await stored(10)
      await own(rid, document(100n))
      const object = await save(11)
      await assert.rejects(
        () => attach(rid, object, 2),
        (error) => error instanceof FhirError && error.problem === 'conflict',
      )
      assert.equal(await store.attachments.find(rid, 2), undefined)
    })

    test('of two documents that link a Binary at once, one owns it', async () => {
      const { rid } = await stored(10)
      const won = await Promise.all([1n, 2n, 3n, 4n, 5n, 6n].map((owner) => own(rid, document(owner))))
      assert.equal(won.filter(Boolean).length, 1)
    })

    test('a new version and a first link at once never leave an owned Binary with an unowned version', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { rid } = await stored(10)
        const object = await save(11)
        const [attached, owned] = await Promise.allSettled([attach(rid, object, 2), own(rid, document(100n))])
        assert.deepEqual(owned, { status: 'fulfilled', value: true })
        const second = await store.attachments.find(rid, 2)
        assert.equal(second !== undefined, attached.status === 'fulfilled')
        if (second) assert.deepEqual(second.owner, document(100n))
      }
    })

    test('the sweep removes objects without a row after an hour, and leaves the others', async () => {
      await store.attachments.sweep(Date.now() + 2 * hour)
      const { found } = await stored(10)
      const rowless = await save(20)
      assert.equal(await store.attachments.sweep(Date.now()), 0)
      assert.ok((await keys()).includes(rowless.key))
      assert.equal(await store.attachments.sweep(Date.now() + 2 * hour), 1)
      assert.ok(!(await keys()).includes(rowless.key))
      assert.equal((await bufferOf(await store.attachments.open(found))).length, 10)
    })

    test('the sweep removes what nothing owns a day later, and leaves what is owned', async () => {
      await store.attachments.sweep(Date.now() + 25 * hour)
      const owned = await stored(10)
      await own(owned.rid, document(100n))
      const unowned = await stored(20)
      assert.equal(await store.attachments.sweep(Date.now() + 23 * hour), 0)
      assert.equal(await store.attachments.sweep(Date.now() + 25 * hour), 1)
      assert.equal(await store.attachments.find(unowned.rid), undefined)
      assert.ok(!(await keys()).includes(unowned.object.key))
      assert.equal(await own(unowned.rid, document(100n)), false, 'what was swept cannot be linked')
      assert.ok((await keys()).includes(owned.object.key))
    })

    test('the sweep leaves an object without a row alone for an hour, however long its upload took', async () => {
      // S3 counts the age of an object from the begin of its upload: by this clock it began ten hours ago.
      const now = () => Date.now() + 10 * hour
      const attachments = createAttachments({ query: store.query, objects, now })
      await attachments.sweep(now())
      const object = await attachments.save(bytesOf(10), { limit })
      assert.equal(await attachments.sweep(now() + hour / 2), 0)
      assert.ok((await keys()).includes(object.key))
      assert.equal(await attachments.sweep(now() + 2 * hour), 1)
    })

    test('the sweep leaves an upload that is under way alone', async () => {
      const source = new PassThrough()
      const saving = store.attachments.save(source, { limit })
      source.write(await bufferOf(bytesOf(2 * part)))
      await store.attachments.sweep(Date.now() + 2 * hour)
      source.end()
      const object = await saving
      assert.equal((await measure(await objects.get(object.key))).size, 2 * part)
    })

    test('the store says that it is well', () => objects.health())
  })
}

async function keysOf(objects: ObjectStore): Promise<string[]> {
  const found: string[] = []
  for await (const key of objects.list(Infinity)) found.push(key)
  return found.sort()
}
