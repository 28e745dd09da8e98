import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** A definition that stands in a package; its text is read from disk when somebody asks, since most are never asked for. */
export interface Entry {
  readonly resourceType: string
  readonly url: string
  readonly head: Head
  /** For messages: the file below the packages' folder. */
  readonly file: string
  /** Stands in the package that our own command wrote and our own tests went through, so boot need not check it again. */
  readonly isChecked: boolean
  read(): unknown
}

/** The members of a definition that tell what it is about. */
export interface Head {
  readonly resourceType?: string
  readonly url?: string
  readonly version?: string
  readonly type?: string
  readonly kind?: string
  readonly abstract?: boolean
  readonly derivation?: string
  readonly baseDefinition?: string
  /** Of a code system: the value set of all its codes. */
  readonly valueSet?: string
}

export interface FhirPackage {
  readonly name: string
  readonly entries: readonly Entry[]
  /** The packages that it depends on and that are not here, which is no fault until something of theirs is needed. */
  readonly missing: readonly string[]
}

export const corePackage = 'hl7.fhir.r4.core'

const definitionTypes = new Set([
  'StructureDefinition',
  'SearchParameter',
  'CompartmentDefinition',
  'ValueSet',
  'CodeSystem',
])

/** A line of our own stripped package begins with its plain members, which need no parsing of the rest. */
const plainMember = /[{,]"(\w+)":("[^"\\]*"|true|false)/y
const headBytes = 500

/**
 * Every FHIR package of the folder, those first that others depend on. A package is a folder with a package.json, itself or
 * in `package/`; its definitions are `.json` files, one each, or `.ndjson` files, one per line. `.json` files that stand in
 * the folder itself are definitions as well, and come last.
 */
export function readPackages(folder: string): FhirPackage[] {
  const found = (existsSync(folder) ? readdirSync(folder) : [])
    .flatMap((name) => [join(folder, name, 'package'), join(folder, name)].filter(isPackage).slice(0, 1))
    .map((path) => ({ path, ...readManifest(path) }))
  const names = new Set(found.map(({ name }) => name))
  const packages = inDependencyOrder(found).map(({ path, name, dependencies }) => ({
    name,
    entries: readEntries(path, folder),
    missing: dependencies.filter((dependency) => !names.has(dependency)),
  }))
  return [...packages, { name: '', entries: looseEntries(folder), missing: [] }]
}

/** Whoever puts a single file here wants it to be used: one that is no definition is a mistake. */
function looseEntries(folder: string): Entry[] {
  const files = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []
  return files
    .filter((file) => file.isFile() && file.name.endsWith('.json') && !file.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted()
    .flatMap((name) => {
      const entries = entriesOfFile(join(folder, name), folder)
      if (entries.length > 0) return entries
      throw new Error(`${name} is no definition: its resourceType is none of ${[...definitionTypes].join(', ')}`)
    })
}

function isPackage(path: string): boolean {
  return existsSync(join(path, 'package.json'))
}

function readManifest(path: string): { name: string; dependencies: readonly string[] } {
  const manifest = parseFile(join(path, 'package.json'), dirname(path)) as {
    name?: string
    dependencies?: Record<string, string>
  }
  return { name: manifest.name ?? basename(path), dependencies: Object.keys(manifest.dependencies ?? {}) }
}

/** R4 itself goes before all. */
function inDependencyOrder<P extends { name: string; dependencies: readonly string[] }>(packages: readonly P[]): P[] {
  const ordered = new Set<P>()
  const visit = (item: P, above: readonly P[]): void => {
    if (above.includes(item))
      throw new Error(`The FHIR packages ${above.map(({ name }) => name).join(', ')} need each other`)
    for (const name of item.dependencies) {
      const needed = packages.find((other) => other.name === name)
      if (needed && !ordered.has(needed)) visit(needed, [...above, item])
    }
    ordered.add(item)
  }
  const core = packages.filter(({ name }) => name === corePackage)
  for (const item of [...core, ...packages.toSorted((a, b) => (a.name < b.name ? -1 : 1))]) visit(item, [])
  return [...ordered]
}

function readEntries(path: string, root: string): Entry[] {
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => {
      const file = join(path, name)
      if (name.endsWith('.ndjson')) return entriesOfLines(file, root)
      if (!name.endsWith('.json') || name === 'package.json' || name.startsWith('.')) return []
      return entriesOfFile(file, root)
    })
}

function entriesOfFile(file: string, root: string): Entry[] {
  return entryOf(parseFile(file, root) as Head, {
    file: relative(root, file),
    isChecked: false,
    read: () => parseFile(file, root),
  })
}

function entriesOfLines(file: string, root: string): Entry[] {
  const name = relative(root, file)
  const bytes = readFileSync(file)
  const entries: Entry[] = []
  let start = 0
  while (start < bytes.length) {
    const lineEnd = bytes.indexOf(0x0a, start)
    const end = lineEnd === -1 ? bytes.length : lineEnd
    const [from, length] = [start, end - start]
    const head = headOf(bytes.toString('latin1', start, Math.min(end, start + headBytes)))
    const read = (): unknown => JSON.parse(readPart(file, from, length))
    entries.push(...entryOf(head, { file: name, isChecked: true, read }))
    start = end + 1
  }
  return entries
}

function headOf(line: string): Head {
  const head: Record<string, unknown> = {}
  plainMember.lastIndex = 0
  for (let match = plainMember.exec(line); match; match = plainMember.exec(line)) {
    // A slice would keep the whole line in memory.
    head[match[1]!] = JSON.parse(match[2]!)
  }
  return head
}

function entryOf(head: Head, source: Pick<Entry, 'file' | 'isChecked' | 'read'>): Entry[] {
  const { resourceType, url, version, type, kind, abstract, derivation, baseDefinition, valueSet } = head
  if (resourceType === undefined || !definitionTypes.has(resourceType)) return []
  if (url === undefined) throw new Error(`${source.file}: this ${resourceType} has no url`)
  const kept = { resourceType, url, version, type, kind, abstract, derivation, baseDefinition, valueSet }
  return [{ resourceType, url, head: kept, ...source }]
}

function readPart(file: string, start: number, length: number): string {
  const bytes = Buffer.allocUnsafe(length)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, bytes, 0, length, start)
  } finally {
    closeSync(descriptor)
  }
  return bytes.toString('utf8')
}

function parseFile(file: string, root: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${relative(root, file)} is not readable JSON`, { cause })
  }
}
