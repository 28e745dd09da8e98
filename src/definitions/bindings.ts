import type { CodeSystem, CodeSystemConcept, ValueSetComposeInclude, ValueSetComposeIncludeFilter } from 'fhir/r4.js'
import type { Registry } from './registry.ts'

/** The codes of a value set that can be listed from what is on board. */
export interface CodeList {
  readonly name: string
  readonly url: string
  /** Every code, whatever its system, for elements of type code. */
  readonly codes: ReadonlySet<string>
  has(system: string | undefined, code: string): boolean
}

/** `code system|code`: one string per member of a value set. */
type Members = Set<string>

export type Bindings = ReturnType<typeof createBindings>

/**
 * Value sets as lists of codes, made when first asked for. Undefined for one that cannot be listed: unknown, or drawn from
 * a code system that is not on board (SNOMED CT, LOINC, UCUM, languages, media types).
 */
export function createBindings(registry: Registry) {
  const made = new Map<string, CodeList | undefined>()

  function codeList(canonical: string): CodeList | undefined {
    const url = canonical.split('|', 1)[0]!
    if (!made.has(url)) made.set(url, listOf(url))
    return made.get(url)
  }

  function listOf(url: string): CodeList | undefined {
    const members = expansion(url, [])
    if (!members) return undefined
    return {
      url,
      name: registry.valueSet(url)?.name ?? url,
      codes: new Set([...members].map((member) => member.slice(member.indexOf('|') + 1))),
      has: (system, code) => members.has(`${system ?? ''}|${code}`),
    }
  }

  /** `above`: the value sets that are being expanded, which must not come again. */
  function expansion(url: string, above: readonly string[]): Members | undefined {
    const compose = registry.valueSet(url)?.compose
    if (!compose || above.includes(url)) return undefined
    const included = compose.include.map((part) => selection(part, [...above, url]))
    const excluded = (compose.exclude ?? []).map((part) => selection(part, [...above, url]))
    if (!areAllKnown(included) || !areAllKnown(excluded)) return undefined
    const without = union(excluded)
    return new Set([...union(included)].filter((member) => !without.has(member)))
  }

  /** "Multiple value sets and a system: the intersection of all of them." */
  function selection(part: ValueSetComposeInclude, above: readonly string[]): Members | undefined {
    const sets = (part.valueSet ?? []).map((canonical) => expansion(canonical.split('|', 1)[0]!, above))
    if (part.system !== undefined) sets.push(fromSystem(part, part.system))
    if (sets.length === 0 || !areAllKnown(sets)) return undefined
    const [first, ...others] = sets
    return new Set([...first!].filter((member) => others.every((set) => set.has(member))))
  }

  function fromSystem({ concept, filter = [] }: ValueSetComposeInclude, system: string): Members | undefined {
    if (concept) return new Set(concept.map(({ code }) => `${system}|${code}`))
    const codeSystem = registry.codeSystem(system)
    if (codeSystem?.content !== 'complete') return undefined
    const all = flattened(codeSystem)
    let chosen = [...all.keys()]
    for (const one of filter) {
      const passes = filterOf(one, all)
      if (!passes) return undefined
      chosen = chosen.filter(passes)
    }
    return new Set(chosen.map((code) => `${system}|${code}`))
  }

  return { codeList }
}

function union(sets: readonly Members[]): Members {
  return new Set(sets.flatMap((members) => [...members]))
}

function areAllKnown(sets: (Members | undefined)[]): sets is Members[] {
  return sets.every((set) => set !== undefined)
}

interface Concept {
  readonly concept: CodeSystemConcept
  readonly parents: readonly string[]
}

/** Every concept with its parents, by nesting and by the properties `parent`, `subsumedBy` and `child`. */
function flattened(codeSystem: CodeSystem): Map<string, Concept> {
  const all = new Map<string, Concept>()
  const visit = (concept: CodeSystemConcept, parent: string | undefined): void => {
    const named = (concept.property ?? [])
      .filter(({ code }) => code === 'parent' || code === 'subsumedBy')
      .map(({ valueCode }) => valueCode!)
    const known = all.get(concept.code)?.parents ?? []
    all.set(concept.code, { concept, parents: [...known, ...(parent === undefined ? [] : [parent]), ...named] })
    for (const child of concept.concept ?? []) visit(child, concept.code)
  }
  for (const concept of codeSystem.concept ?? []) visit(concept, undefined)
  for (const [code, { concept }] of [...all]) {
    for (const { valueCode } of (concept.property ?? []).filter((property) => property.code === 'child')) {
      const child = all.get(valueCode!)
      if (child) all.set(valueCode!, { ...child, parents: [...child.parents, code] })
    }
  }
  return all
}

/** Undefined for an operator that we do not know: the value set can then not be listed. */
function filterOf(
  { property, op, value }: ValueSetComposeIncludeFilter,
  all: ReadonlyMap<string, Concept>,
): ((code: string) => boolean) | undefined {
  const isBelow = (code: string, seen: readonly string[] = []): boolean =>
    (all.get(code)?.parents ?? []).some(
      (parent) => parent === value || (!seen.includes(parent) && isBelow(parent, [...seen, parent])),
    )
  switch (op) {
    case 'is-a':
      return (code) => code === value || isBelow(code)
    case 'descendent-of':
      return (code) => isBelow(code)
    case 'is-not-a':
      return (code) => code !== value && !isBelow(code)
    case 'regex':
      return property === 'code' ? (code) => new RegExp(`^(?:${value})$`).test(code) : undefined
    case '=':
      if (property === 'parent') return (code) => all.get(code)?.parents.includes(value) ?? false
      return (code) => valuesOf(all.get(code), property).includes(value)
    default:
      return undefined
  }
}

function valuesOf(concept: Concept | undefined, property: string): string[] {
  return (concept?.concept.property ?? [])
    .filter(({ code }) => code === property)
    .map(({ valueCode, valueString, valueBoolean }) => String(valueCode ?? valueString ?? valueBoolean))
}
