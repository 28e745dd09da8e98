import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { InspectedFile } from './load-order.ts'

const extensions = /\.(json|ndjson|jsonl)$/i

/** The files themselves, and of each folder everything below it that can hold FHIR JSON. */
export async function filesUnder(paths: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      files.push(path)
      continue
    }
    const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort()
    const inside = names.map((name) => join(path, name))
    const wanted = await Promise.all(inside.map(async (p) => extensions.test(p) || (await stat(p)).isDirectory()))
    files.push(...(await filesUnder(inside.filter((_, n) => wanted[n]))))
  }
  return [...new Set(files)]
}

/** One pass over the bytes; a name cut by the edge of a chunk may be missed, which only makes the order less clever. */
export async function inspectFile(path: string): Promise<InspectedFile> {
  const hash = createHash('sha256')
  const provides = new Set<string>()
  const needs = new Set<string>()
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    const text = chunk.toString('latin1')
    for (const [, type] of text.matchAll(/"resourceType"\s*:\s*"([A-Z]\w+)"/g)) provides.add(type!)
    for (const [, type] of text.matchAll(/"reference"\s*:\s*"([A-Z]\w+)[/?]/g)) needs.add(type!)
  }
  return { path, bytes, hash: hash.digest('hex'), provides, needs }
}
