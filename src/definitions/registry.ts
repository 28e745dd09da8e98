import { corePackage, readPackages, type Entry } from './package-reader.ts'
import type { CodeSystem, CompartmentDefinition, SearchParameter, StructureDefinition, ValueSet } from 'fhir/r4.js'

export type Registry = ReturnType<typeof createRegistry>

/** Where the types of FHIR have their canonical URLs. */
export const structureBase = 'http://hl7.org/fhir/StructureDefinition/'

/** Finds definitions by their canonical URL. Throws when the packages contradict each other. */
export function createRegistry(folder: string) {
  const byUrl = new Map<string, Entry>()
  const packages = readPackages(folder)
  for (const entry of packages.flatMap(({ entries }) => entries)) {
    const known = byUrl.get(entry.url)
    if (known && !supersedes(entry, known)) {
      throw new Error(`${entry.file}: the canonical URL ${entry.url} is taken by ${known.file}`)
    }
    byUrl.set(entry.url, entry)
  }
  const ofType = (resourceType: string) => [...byUrl.values()].filter((entry) => entry.resourceType === resourceType)

  function find(resourceType: string, canonical: string): Entry | undefined {
    const entry = byUrl.get(canonical.split('|', 1)[0]!)
    return entry?.resourceType === resourceType ? entry : undefined
  }

  const structures = ofType('StructureDefinition')
  for (const { head, file } of structures) {
    if (head.baseDefinition !== undefined && !byUrl.has(head.baseDefinition)) {
      const missing = packages.find(({ entries }) => entries.some((entry) => entry.file === file))?.missing ?? []
      const hint = missing.length === 0 ? '' : `; its package needs others that are not here: ${missing.join(', ')}`
      throw new Error(`${file}: StructureDefinition.baseDefinition ${head.baseDefinition} is not known${hint}`)
    }
  }

  const profiles = packages
    .filter(({ name }) => name !== corePackage)
    .flatMap(({ entries }) => entries)
    .filter(({ head }) => head.derivation === 'constraint' && head.kind === 'resource')
  const bySet = new Map(ofType('CodeSystem').map((entry) => [entry.head.valueSet, entry]))
  const baseOf = new Map(
    structures
      // A type is at home at its own URL; what a package calls otherwise is none.
      .filter(({ head, url }) => head.derivation !== 'constraint' && url === structureBase + head.type)
      .map(({ head }) => [head.type!, head.baseDefinition?.replace(structureBase, '')] as const),
  )

  if (!baseOf.has('Resource')) throw new Error(`${folder} holds no FHIR R4; \`npm run definitions\` writes it there`)

  return {
    /** The concrete types of resources, sorted. */
    resourceTypes: structures
      .filter(({ head }) => head.kind === 'resource' && head.derivation === 'specialization' && !head.abstract)
      .map(({ head }) => head.type!)
      .sort(),
    hasType: (type: string) => baseOf.has(type),
    /** The type that a type derives from: DomainResource for Patient. */
    parentOf: (type: string) => baseOf.get(type),
    structure: (type: string) =>
      find('StructureDefinition', structureBase + type)?.read() as StructureDefinition | undefined,
    /** The canonical URLs of the profiles of a resource type that guides bring; R4's own are examples. */
    profiles: (type: string): readonly string[] =>
      profiles.filter(({ head }) => head.type === type).map(({ url }) => url),
    valueSet: (canonical: string) =>
      (find('ValueSet', canonical)?.read() as ValueSet | undefined) ?? wholeSystem(canonical.split('|', 1)[0]!),
    codeSystem: (canonical: string) => find('CodeSystem', canonical)?.read() as CodeSystem | undefined,
    searchParameter: (canonical: string) => find('SearchParameter', canonical)?.read() as SearchParameter | undefined,
    /** The definition of a profile or an extension, by its full URL. */
    profile: (canonical: string) => find('StructureDefinition', canonical)?.read() as StructureDefinition | undefined,
    /** What a canonical URL is the name of: `ValueSet`. */
    kindOf: (canonical: string) => byUrl.get(canonical)?.resourceType,
    searchParameters: () => definitionsOf<SearchParameter>('SearchParameter'),
    compartments: () => definitionsOf<CompartmentDefinition>('CompartmentDefinition'),
  }

  /** "The value set contains all codes in the code system": https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.valueSet */
  function wholeSystem(valueSet: string): ValueSet | undefined {
    const system = bySet.get(valueSet)
    if (!system) return undefined
    const { version } = system.head
    const compose = { include: [{ system: system.url }] }
    return { resourceType: 'ValueSet', url: valueSet, status: 'active', ...(version ? { version } : {}), compose }
  }

  function definitionsOf<T>(resourceType: string): Source<T>[] {
    return ofType(resourceType).map(({ read, file, isChecked }) => ({ definition: read() as T, file, isChecked }))
  }
}

/** A definition and where it stands. */
export interface Source<T> extends Pick<Entry, 'file' | 'isChecked'> {
  readonly definition: T
}

/** Terminology is published again and again on its own, so another version of it replaces the one that R4 came with. */
function supersedes(entry: Entry, known: Entry): boolean {
  const isTerminology = entry.resourceType === 'CodeSystem' || entry.resourceType === 'ValueSet'
  return isTerminology && entry.resourceType === known.resourceType && entry.head.version !== known.head.version
}
