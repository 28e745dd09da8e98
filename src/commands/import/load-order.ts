/** What a look at a file tells about it, before anything is sent. */
export interface InspectedFile {
  readonly path: string
  readonly bytes: number
  /** SHA-256 of the content, hex. */
  readonly hash: string
  /** The resource types in it. */
  readonly provides: ReadonlySet<string>
  /** The resource types that it refers to, literally or by a condition. */
  readonly needs: ReadonlySet<string>
}

/**
 * The order in which references resolve: a file comes after every file with resources of a type that it refers to and
 * does not hold itself. Files that need each other keep the order of their names; what still fails is tried again later.
 */
export function loadOrder(files: readonly InspectedFile[]): InspectedFile[] {
  const waiting = kinds(files)
  const ordered: InspectedFile[] = []
  while (waiting.length > 0) {
    const next = waiting.reduce((best, kind) => (unmet(kind, waiting) < unmet(best, waiting) ? kind : best))
    waiting.splice(waiting.indexOf(next), 1)
    ordered.push(...next.files)
  }
  return ordered
}

/** Files that provide and need the same types; there are few kinds, however many files. */
interface Kind {
  readonly files: InspectedFile[]
  readonly provides: ReadonlySet<string>
  readonly needs: readonly string[]
}

function kinds(files: readonly InspectedFile[]): Kind[] {
  const found = new Map<string, Kind>()
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const needs = [...file.needs].filter((type) => !file.provides.has(type)).sort()
    const key = `${[...file.provides].sort().join()} ${needs.join()}`
    const kind = found.get(key) ?? { files: [], provides: file.provides, needs }
    kind.files.push(file)
    found.set(key, kind)
  }
  return [...found.values()]
}

function unmet(kind: Kind, waiting: readonly Kind[]): number {
  return kind.needs.filter((type) => waiting.some((other) => other !== kind && other.provides.has(type))).length
}
