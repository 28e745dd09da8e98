import { constants } from 'node:fs'
import { access, type FileHandle, link, mkdir, open, opendir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ObjectStore } from '../object-store.ts'
import { missingObject, orUnavailable, unavailable } from './unavailable.ts'

/** Read and written at once: most documents are smaller than this, and each piece is a trip through the thread pool. */
const chunk = 256 * 1024

/**
 * Objects as files below a folder, 256 folders wide. An upload goes to a file of its own, is flushed to the disk, and gets
 * its name by link(), which is atomic and never replaces a file.
 */
export async function createFileObjects(folder: string): Promise<ObjectStore> {
  const unfinished = join(folder, 'unfinished')
  const pathOf = (key: string) => join(folder, key.slice(0, 2), checked(key))

  // The parent first, with the usual mode: mkdir gives the mode to every folder it makes, and others live beside ours.
  await mkdir(dirname(folder), { recursive: true })
  await mkdir(unfinished, { recursive: true, mode: 0o700 })

  return {
    async put(key, bytes) {
      const draft = join(unfinished, checked(key))
      await orUnavailable(async () => {
        try {
          await writeDurably(draft, bytes)
          await publish(draft, pathOf(key))
        } catch (error) {
          await unlink(draft).catch(ignoreAbsent)
          throw error
        }
      })
    },

    async get(key, range) {
      try {
        const file = await open(pathOf(key), 'r')
        return file.createReadStream({ highWaterMark: chunk, ...(range && { start: range.from, end: range.to }) })
      } catch (error) {
        throw isAbsent(error) ? missingObject(key, error) : unavailable(error)
      }
    },

    async read(key, { from }, into) {
      try {
        await fill(into, pathOf(key), from)
      } catch (error) {
        throw isAbsent(error) ? missingObject(key, error) : unavailable(error)
      }
    },

    remove: (key) => orUnavailable(() => unlink(pathOf(key)).catch(ignoreAbsent)),

    async *list(olderThan) {
      for await (const shard of await opendir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(shard.name)) continue
        yield* olderFiles(join(folder, shard.name), olderThan)
      }
    },

    async removeUnfinished(olderThan) {
      let count = 0
      for await (const name of olderFiles(unfinished, olderThan)) {
        await unlink(join(unfinished, name)).catch(ignoreAbsent)
        count += 1
      }
      return count
    },

    health: () => orUnavailable(() => access(unfinished, constants.R_OK | constants.W_OK)),
  }
}

/** A key is part of a path: it can hold nothing but hexadecimal digits. */
function checked(key: string): string {
  if (!/^[0-9a-f]{32}$/.test(key)) throw new Error('not a key of an object')
  return key
}

async function writeDurably(path: string, bytes: Readable): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await writeAll(file, bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What arrives in small pieces goes to the file in large ones. */
async function writeAll(file: FileHandle, bytes: Readable): Promise<void> {
  let pieces: Buffer[] = []
  let size = 0
  const flush = async () => {
    const whole = Buffer.concat(pieces, size)
    for (let done = 0; done < size;) done += (await file.write(whole, done)).bytesWritten
    pieces = []
    size = 0
  }
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    pieces.push(piece)
    size += piece.length
    if (size >= chunk) await flush()
  }
  await flush()
}

async function fill(bytes: Buffer, path: string, from: number): Promise<void> {
  const file = await open(path, 'r')
  try {
    for (let have = 0; have < bytes.length;) {
      const { bytesRead } = await file.read(bytes, have, bytes.length - have, from + have)
      if (bytesRead === 0) throw new Error(`the file of an object ends after ${from + have} bytes`)
      have += bytesRead
    }
  } finally {
    await file.close()
  }
}

/** link() fails when the name is taken, so that an object is never replaced. Then the name itself is made durable. */
async function publish(draft: string, path: string): Promise<void> {
  const shard = dirname(path)
  const isNew = await link(draft, path).then(
    () => false,
    (error: unknown) => isAbsent(error) || Promise.reject(error),
  )
  if (isNew) {
    await mkdir(shard, { recursive: true, mode: 0o700 })
    await link(draft, path)
  }
  // The draft's own name goes while the new one is made durable.
  await Promise.all([unlink(draft), syncFolder(shard)])
  if (isNew) await syncFolder(dirname(shard))
}

async function syncFolder(path: string): Promise<void> {
  // Windows has no way to flush a folder.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function* olderFiles(folder: string, olderThan: number): AsyncGenerator<string> {
  for await (const { name } of await opendir(folder)) {
    const found = await stat(join(folder, name)).catch(ignoreAbsent)
    if (found?.isFile() && found.mtimeMs < olderThan) yield name
  }
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
