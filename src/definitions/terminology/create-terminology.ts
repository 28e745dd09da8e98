import type { CodeSystem, ValueSet } from 'fhir/r4.js'
import { FhirError } from '../../fhir/error.ts'
import type {
  CodeAnswer,
  CodeQuestion,
  MissingDefinition,
  Subsumption,
  Terminology,
  ValueSetMember,
} from '../terminology.ts'
import { listedSystem } from './listed-system.ts'
import { isListed, membersOf, type Members, type Surroundings } from './members.ts'
import { ruledSystems } from './ruled-systems.ts'
import type { System } from './system.ts'

/** Where definitions come from, by canonical URL without a version. */
export interface TerminologySource {
  valueSet(url: string): ValueSet | undefined
  codeSystem(url: string): CodeSystem | undefined
}

/** What answers from definitions that anybody may have written can cost: about a second. */
const mostSteps = 1_000_000

export function createTerminology(source: TerminologySource): Terminology {
  const systems = new Map<string, System | undefined>()

  /** What is not on board is not remembered: clients make up any number of URLs. */
  function system(canonical: string): System | undefined {
    const url = withoutVersion(canonical)
    if (systems.has(url)) return systems.get(url)
    const definition = source.codeSystem(url)
    const made = systemOf(definition, url)
    if (definition) systems.set(url, made)
    return made
  }

  return terminologyOf(source, system, () => undefined)
}

function systemOf(codeSystem: CodeSystem | undefined, url: string): System | undefined {
  if (codeSystem === undefined || codeSystem.content === 'not-present') return ruledSystems.get(url)
  return codeSystem.content === 'supplement' ? undefined : listedSystem(codeSystem)
}

function terminologyOf(
  source: TerminologySource,
  system: (url: string) => System | undefined,
  spend: (steps: number) => void,
): Terminology {
  const around: Surroundings = { system, members: (canonical) => members(withoutVersion(canonical)), spend }
  const known = new Map<string, Members | undefined>()

  function members(url: string): Members | undefined {
    if (known.has(url)) return known.get(url)
    known.set(url, undefined) // For one that includes itself, which says nothing.
    const valueSet = source.valueSet(url)
    const made = valueSet && membersOf(valueSet, around)
    if (made) known.set(url, made)
    else known.delete(url) // It is not on board, and clients make up any number of URLs.
    return made
  }

  const membersFor = (valueSet: string | ValueSet): Members | undefined =>
    typeof valueSet === 'string' ? members(withoutVersion(valueSet)) : membersOf(valueSet, around)

  function validateCode(question: CodeQuestion): CodeAnswer {
    const { valueSet, code, version } = question
    const set = valueSet === undefined ? undefined : membersFor(valueSet)
    const name = valueSet === undefined ? '' : nameOf(valueSet)
    if (valueSet !== undefined && !set) return { result: 'unknown', text: `The value set ${name} is not on board.` }
    const systemUrl = question.system ?? (set ? systemIn(set, code) : undefined)
    const shown = `"${systemUrl === undefined ? '' : `${systemUrl}|`}${code}"`
    if (systemUrl === undefined) return { result: 'no', text: `${shown} is not in the value set ${name}.` }
    const own = system(systemUrl)
    if (version !== undefined && own?.version !== undefined && own.version !== version) {
      return { result: 'unknown', text: `Version ${version} of ${systemUrl} is not on board, but ${own.version} is.` }
    }
    const result = set ? set.has(systemUrl, code) : (own?.has(code) ?? 'unknown')
    if (result === 'yes') {
      const isNamed = question.display !== undefined || question.wantsDisplay === true
      return withDisplay(question, systemUrl, isNamed ? displaysOf(set, own, systemUrl, code) : [])
    }
    const place = set ? `the value set ${name}` : `the code system ${systemUrl}`
    if (result === 'no') return { result, text: `${shown} is not in ${place}.` }
    return {
      result,
      text: `Whether ${shown} is in ${place} cannot be told here: something that it takes is not on board.`,
    }
  }

  function systemIn(set: Members, code: string): string | undefined {
    const verdicts = [...set.systems].map((url) => [url, set.has(url, code)] as const)
    return (verdicts.find(([, is]) => is === 'yes') ?? verdicts.find(([, is]) => is === 'unknown'))?.[0]
  }

  return {
    valueSet: (canonical) => withVersion(source.valueSet(withoutVersion(canonical)), canonical),
    codeSystem: (canonical) => withVersion(source.codeSystem(withoutVersion(canonical)), canonical),
    validateCode,
    expand(valueSet, { filter, offset = 0, count = Infinity, activeOnly = false } = {}) {
      const set = membersFor(valueSet)
      if (!set) return { problem: 'unknown', text: `the value set ${nameOf(valueSet)} is not on board` }
      const listing = set.list()
      if (!isListed(listing)) return listing
      const passes = filterOf(filter)
      const all = [...listing.values()].filter((member) => passes(member) && !(activeOnly && member.isInactive))
      const used = new Set(all.map((member) => member.system))
      return {
        total: all.length,
        members: all.slice(offset, offset + count),
        systems: [...used].map((url) => [url, system(url)?.version].filter((part) => part !== undefined).join('|')),
      }
    },
    lookup(url, code) {
      const own = system(url)
      const found = own?.concept(code)
      return found ?? (own?.has(code) === 'no' ? undefined : 'unknown')
    },
    subsumes(url, a, b): Subsumption | undefined {
      const own = system(url)
      const [first, second] = [own?.concept(a)?.code, own?.concept(b)?.code]
      if (!own || first === undefined || second === undefined) return undefined
      if (first === second) return 'equivalent'
      if (own.descendants(first).has(second)) return 'subsumes'
      return own.ancestors(first).has(second) ? 'subsumed-by' : 'not-subsumed'
    },
    descendants: (url, code) => system(url)?.descendants(code),
    ancestors: (url, code) => system(url)?.ancestors(code),
    missing: (valueSet) => missingIn(valueSet, source, system),
    with: (more) => terminologyWith(source, system, more),
  }
}

function missingIn(
  root: ValueSet,
  source: TerminologySource,
  system: (url: string) => System | undefined,
): MissingDefinition[] {
  const missing = new Map<string, MissingDefinition>()
  const seen = new Set([root.url])
  const open = [root]
  for (const { compose } of open) {
    for (const part of [...(compose?.include ?? []), ...(compose?.exclude ?? [])]) {
      if (part.system !== undefined && !system(part.system)) {
        missing.set(`system ${part.system}`, { kind: 'CodeSystem', canonical: part.system })
      }
      for (const canonical of part.valueSet ?? []) {
        const url = withoutVersion(canonical)
        const known = source.valueSet(url)
        if (!known) missing.set(`set ${url}`, { kind: 'ValueSet', canonical })
        else if (!seen.has(url)) open.push(known)
        seen.add(url)
      }
    }
  }
  return [...missing.values()]
}

function terminologyWith(
  source: TerminologySource,
  system: (url: string) => System | undefined,
  more: readonly (ValueSet | CodeSystem)[],
): Terminology {
  const valueSets = new Map<string, ValueSet>()
  const codeSystems = new Map<string, CodeSystem>()
  for (const each of more) {
    if (each.url === undefined) continue
    if (each.resourceType === 'ValueSet') valueSets.set(each.url, each)
    else codeSystems.set(each.url, each)
  }
  const made = new Map<string, System | undefined>()
  const both: TerminologySource = {
    valueSet: (url) => valueSets.get(url) ?? source.valueSet(url),
    codeSystem: (url) => codeSystems.get(url) ?? source.codeSystem(url),
  }
  let steps = 0
  const spend = (count: number) => {
    steps += count
    if (steps > mostSteps) throw new FhirError('tooCostly', 'This value set takes too much work to be answered for.')
  }
  const anySystem = (url: string): System | undefined => {
    const own = codeSystems.get(url)
    if (!own) return system(url)
    if (!made.has(url)) made.set(url, systemOf(own, url))
    return made.get(url)
  }
  return terminologyOf(both, anySystem, spend)
}

/** The displays of a code that are right: its own, those of its designations, and that of the value set. */
function displaysOf(set: Members | undefined, own: System | undefined, url: string, code: string): string[] {
  const listing = set?.list()
  const member = listing && isListed(listing) ? listing.get(`${url}|${code}`) : undefined
  const concept = own?.concept(code)
  return [
    ...[member?.display, concept?.display].flatMap((display) => display ?? []),
    ...[...(member?.designations ?? []), ...(concept?.designations ?? [])].map(({ value }) => value),
  ]
}

function withDisplay({ system, code, display }: CodeQuestion, url: string, displays: readonly string[]): CodeAnswer {
  const [best] = displays
  const answer: CodeAnswer = {
    result: 'yes',
    ...(system === undefined ? { system: url } : {}),
    ...(best === undefined ? {} : { display: best }),
  }
  if (display === undefined || best === undefined || displays.some((one) => isSame(one, display))) return answer
  const text = `"${display}" is not the display of "${url}|${code}", which is "${best}".`
  return { ...answer, hasWrongDisplay: true, text }
}

function isSame(a: string, b: string): boolean {
  const plain = (text: string) => text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
  return plain(a) === plain(b)
}

function filterOf(filter = ''): (member: ValueSetMember) => boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return () => true
  return ({ code, display = '', designations }) => {
    const text = [code, display, ...designations.map(({ value }) => value)].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  }
}

function nameOf(valueSet: string | ValueSet): string {
  return typeof valueSet === 'string' ? valueSet : (valueSet.url ?? valueSet.name ?? 'that came along')
}

function withoutVersion(canonical: string): string {
  return canonical.split('|', 1)[0]!
}

function withVersion<T extends { version?: string }>(found: T | undefined, canonical: string): T | undefined {
  const [, version] = canonical.split('|')
  return version === undefined || version === found?.version ? found : undefined
}
