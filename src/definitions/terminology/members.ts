import type { ValueSet, ValueSetComposeInclude } from 'fhir/r4.js'
import type { Concept, NoExpansion, ValueSetMember, Verdict } from '../terminology.ts'
import type { System } from './system.ts'

/** A value set that can be asked for one code, and listed if it is neither endless nor drawn from what is not here. */
export interface Members {
  /** The systems that it draws on; the empty one stands for those that nobody here knows. */
  readonly systems: ReadonlySet<string>
  has(system: string, code: string, asked?: Asked): Verdict
  list(): Listing
}

/** `system|code` to the member. */
export type Listing = ReadonlyMap<string, ValueSetMember> | NoExpansion

/** What was answered to one question so far, since value sets may be included in many places. */
type Asked = Map<object, Verdict>

export interface Surroundings {
  system(url: string): System | undefined
  /** Undefined for a value set that is not here. */
  members(canonical: string): Members | undefined
  /** Counts the work that is done for answers; throws when it is too much. */
  spend(steps: number): void
}

export function isListed(listing: Listing): listing is ReadonlyMap<string, ValueSetMember> {
  return listing instanceof Map
}

/** https://hl7.org/fhir/R4/valueset.html#compositions */
export function membersOf(valueSet: ValueSet, around: Surroundings): Members {
  const { include = [], exclude = [], inactive } = valueSet.compose ?? { include: expandedParts(valueSet) }
  const wanted = include.map((part) => partOf(part, around))
  const unwanted = exclude.map((part) => partOf(part, around))
  const isWanted = (member: ValueSetMember) => inactive !== false || !member.isInactive
  let listing: Listing | undefined

  const members: Members = {
    systems: new Set(wanted.flatMap(({ systems }) => [...systems])),
    has(system, code, asked = new Map()) {
      const known = asked.get(members)
      if (known) return known
      around.spend(1 + wanted.length + unwanted.length)
      const included = anyOf(wanted, (part) => part.has(system, code, asked))
      const excluded = included === 'no' ? 'no' : anyOf(unwanted, (part) => part.has(system, code, asked))
      const active = inactive !== false || !around.system(system)?.concept(code)?.isInactive
      const verdict = active ? both(included, opposite(excluded)) : 'no'
      asked.set(members, verdict)
      return verdict
    },
    list: () => (listing ??= listed()),
  }
  return members

  function listed(): Listing {
    const found = new Map<string, ValueSetMember>()
    for (const part of wanted) {
      const list = part.list()
      if (!isListed(list)) return list
      around.spend(list.size * (1 + unwanted.length))
      for (const [key, member] of list) {
        if (found.has(key) || !isWanted(member)) continue
        const excluded = anyOf(unwanted, (other) => other.has(member.system, member.code, new Map()))
        if (excluded === 'unknown') return notHere('what it leaves out is drawn from a code system that')
        if (excluded === 'no') found.set(key, member)
      }
    }
    return found
  }
}

/** "Multiple value sets and a system: the intersection of all of them." */
function partOf(part: ValueSetComposeInclude, around: Surroundings): Members {
  const sets = (part.valueSet ?? []).map((canonical) => around.members(canonical) ?? unknownSet(canonical))
  if (part.system !== undefined) sets.unshift(fromSystem(part, part.system, around))
  const [first, ...others] = sets
  if (!first) return { systems: new Set(), has: () => 'no', list: () => new Map() }
  if (others.length === 0) return first
  const has = (system: string, code: string, asked?: Asked) =>
    sets.map((set) => set.has(system, code, asked)).reduce(both)
  return {
    systems: part.system === undefined ? new Set(sets.flatMap(({ systems }) => [...systems])) : first.systems,
    has,
    list() {
      const list = sets.map((set) => set.list()).find(isListed) ?? first.list()
      if (!isListed(list)) return list
      around.spend(list.size * sets.length)
      const verdicts = new Map([...list].map(([key, { system, code }]) => [key, has(system, code, new Map())]))
      if ([...verdicts.values()].includes('unknown')) return notHere('a part of it is drawn from a code system that')
      return new Map([...list].filter(([key]) => verdicts.get(key) === 'yes'))
    },
  }
}

function fromSystem(part: ValueSetComposeInclude, url: string, around: Surroundings): Members {
  const system = around.system(url)
  const systems = new Set([url])
  if (part.concept) {
    const listing = new Map(part.concept.map((concept) => [`${url}|${concept.code}`, memberOf(url, concept, system)]))
    return { systems, has: (at, code) => (listing.has(`${at}|${code}`) ? 'yes' : 'no'), list: () => listing }
  }
  const tests = (part.filter ?? []).map((filter) => system?.filter(filter) ?? ((): Verdict => 'unknown'))
  const isKnown = system !== undefined && (part.filter ?? []).every((filter) => system.filter(filter))
  return {
    systems,
    has(at, code) {
      if (at !== url) return 'no'
      const canonical = system?.concept(code)?.code ?? code
      return tests.map((test) => test(canonical)).reduce(both, system?.has(code) ?? 'unknown')
    },
    list,
  }

  function list(): Listing {
    if (!system) return notHere(`it is drawn from ${url}, which`)
    if (!isKnown) return notHere(`it chooses from ${url} by a filter whose meaning`)
    const codes = system.codes()
    if (!codes) return system.unlisted === 'endless' ? endless(system.name) : notHere(`the whole of ${url}`)
    around.spend(codes.length * (1 + tests.length))
    const chosen = codes.filter((code) => tests.every((test) => test(code) === 'yes'))
    return new Map(chosen.map((code) => [`${url}|${code}`, memberOf(url, { code }, system)]))
  }
}

type Named = NonNullable<ValueSetComposeInclude['concept']>[number]

/** "The text … SHALL be … the display that the value set gives, or else the code system's." */
function memberOf(url: string, { code, display, designation }: Named, system: System | undefined): ValueSetMember {
  const concept = system?.concept(code)
  const isPlain = concept !== undefined && display === undefined && designation === undefined
  const known = isPlain ? plainMembers.get(concept) : undefined
  if (known) return known
  const member: ValueSetMember = {
    system: url,
    code,
    display: display ?? concept?.display,
    designations: [...(designation ?? []), ...(concept?.designations ?? [])],
    isAbstract: concept?.isAbstract ?? false,
    isInactive: concept?.isInactive ?? false,
  }
  if (isPlain) plainMembers.set(concept, member)
  return member
}

/** Members that are as their code system has them, for all the value sets that they are in. */
const plainMembers = new WeakMap<Concept, ValueSetMember>()

function unknownSet(canonical: string): Members {
  return { systems: new Set(['']), has: () => 'unknown', list: () => notHere(`it includes ${canonical}, which`) }
}

function notHere(what: string): NoExpansion {
  return { problem: 'unknown', text: `${what} is not on board` }
}

function endless(name: string): NoExpansion {
  return { problem: 'endless', text: `${name} are known by their rules, not by a list` }
}

/** A value set that comes as a list only. */
function expandedParts({ expansion }: ValueSet): ValueSetComposeInclude[] {
  const parts = new Map<string, Named[]>()
  const open = [...(expansion?.contains ?? [])]
  for (const { system, code, display, designation, abstract, contains = [] } of open) {
    for (const entry of contains) open.push(entry)
    if (system === undefined || code === undefined || abstract === true) continue
    const concepts = parts.get(system)
    if (concepts) concepts.push({ code, display, designation })
    else parts.set(system, [{ code, display, designation }])
  }
  return [...parts].map(([system, concept]) => ({ system, concept }))
}

function anyOf<T>(items: readonly T[], verdictOf: (item: T) => Verdict): Verdict {
  let best: Verdict = 'no'
  for (const item of items) {
    const verdict = verdictOf(item)
    if (verdict === 'yes') return 'yes'
    if (verdict === 'unknown') best = 'unknown'
  }
  return best
}

function both(a: Verdict, b: Verdict): Verdict {
  if (a === 'no' || b === 'no') return 'no'
  return a === 'unknown' || b === 'unknown' ? 'unknown' : 'yes'
}

function opposite(verdict: Verdict): Verdict {
  return verdict === 'yes' ? 'no' : verdict === 'no' ? 'yes' : 'unknown'
}
