import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parseJson, stringifyJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import { batchUnit, piecesUnit, resourceUnit, transactionUnit, unusableUnit } from './units.ts'
import type { Piece, Unit } from './units.ts'

/** Resources sent together where the file leaves the choice; what an interruption may send twice. */
const together = 100

/** The units of a file, in order; the same file always gives the same ones. */
export function readUnits(path: string): AsyncIterable<Unit> | Promise<Unit[]> {
  return /\.(ndjson|jsonl)$/i.test(path) ? linesOf(path) : wholeFile(path)
}

async function* linesOf(path: string): AsyncGenerator<Unit> {
  let index = 0
  let line = 0
  let end = 0
  let pieces: Piece[] = []
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++
    end += Buffer.byteLength(text) + 1
    if (text.trim() === '') continue
    const found = pieceOf(withoutMark(text), `line ${line}`)
    if (typeof found !== 'string') pieces.push(found)
    if (pieces.length === together || (typeof found === 'string' && pieces.length > 0)) {
      yield piecesUnit(index++, end, pieces)
      pieces = []
    }
    if (typeof found === 'string') yield unusableUnit(index++, end, `line ${line}`, found)
  }
  if (pieces.length > 0) yield piecesUnit(index, end, pieces)
}

async function wholeFile(path: string): Promise<Unit[]> {
  const { size } = await stat(path)
  const text = withoutMark(await readFile(path, 'utf8'))
  const resource = resourceOf(text)
  if (typeof resource === 'string') return [unusableUnit(0, size, '', resource)]
  return resource.resourceType === 'Bundle'
    ? bundleUnits(resource as Bundle, text, size)
    : [single(resource, text, size)]
}

interface Bundle extends Resource {
  type?: string
  entry?: {
    fullUrl?: string
    resource?: Resource
    request?: { method?: string; url?: string }
    search?: { mode?: string }
  }[]
}

function bundleUnits(bundle: Bundle, text: string, size: number): Unit[] {
  const entries = bundle.entry ?? []
  const labels = entries.map(({ resource, request }, n) => ({
    place: `entry[${n}]`,
    type: resource?.resourceType ?? request?.url?.split(/[/?]/)[0] ?? 'unknown',
    method: request?.method ?? 'POST',
  }))
  switch (bundle.type) {
    case 'transaction':
      return [transactionUnit(0, size, labels, text)]
    case 'batch':
      return batchParts(entries, labels, text, size)
    case 'collection':
    case 'searchset':
      return collected(entries, size)
    // A document and a message are kept as one whole: their parts belong together and may be signed.
    case 'document':
    case 'message':
      return [single(bundle, text, size)]
    default:
      return [unusableUnit(0, size, '', `A Bundle of type ${bundle.type ?? '(none)'} is nothing that can be loaded`)]
  }
}

/** The entries of a batch are independent, so that a large one can be sent in parts and resumed between them. */
function batchParts(
  entries: NonNullable<Bundle['entry']>,
  labels: Unit['entries'],
  text: string,
  size: number,
): Unit[] {
  if (entries.length <= together) return [batchUnit(0, size, labels, entries.map(stringifyJson), text)]
  return parts(entries, together).map((part, n, all) => {
    const from = n * together
    const end = Math.round((size * (n + 1)) / all.length)
    return batchUnit(n, end, labels.slice(from, from + part.length), part.map(stringifyJson))
  })
}

/** Entries that refer to each other by `urn:uuid` go in one transaction; others in parts. */
function collected(entries: NonNullable<Bundle['entry']>, size: number): Unit[] {
  const found = entries.flatMap(({ resource, fullUrl, search }, n): Piece[] => {
    if (!resource || search?.mode === 'outcome') return []
    const { resourceType: type, id } = resource
    return [{ place: `entry[${n}]`, type, id, text: stringifyJson(resource), fullUrl }]
  })
  const linked = found.some(({ text }) => /"reference":"urn:/.test(text))
  return parts(found, linked ? Math.max(1, found.length) : together).map((pieces, n, all) =>
    piecesUnit(n, Math.round((size * (n + 1)) / all.length), pieces),
  )
}

function single(resource: Resource, text: string, size: number): Unit {
  return resourceUnit(0, size, { place: '', type: resource.resourceType, id: resource.id, text })
}

function pieceOf(text: string, place: string): Piece | string {
  const resource = resourceOf(text)
  return typeof resource === 'string' ? resource : { place, type: resource.resourceType, id: resource.id, text }
}

/** The resource, or why the text is none. */
function resourceOf(text: string): Resource | string {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    return (error as Error).message
  }
  const type = (value as Partial<Resource> | null)?.resourceType
  return typeof type === 'string' && type !== ''
    ? (value as Resource)
    : 'This is no FHIR resource: it has no resourceType'
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function parts<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size))
}
