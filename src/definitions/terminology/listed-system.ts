import type { CodeSystem, CodeSystemConcept, CodeSystemConceptProperty, ValueSetComposeIncludeFilter } from 'fhir/r4.js'
import type { Concept, Verdict } from '../terminology.ts'
import { pattern } from './pattern.ts'
import type { System } from './system.ts'

interface Node {
  readonly concept: CodeSystemConcept
  readonly parents: string[]
  readonly children: string[]
}

/** What every code system has without declaring it: https://hl7.org/fhir/R4/codesystem.html#defined-props */
const definedProperties = ['inactive', 'deprecated', 'notSelectable', 'status', 'parent', 'child']

/** A code system by the concepts that its resource lists. */
export function listedSystem(codeSystem: CodeSystem): System {
  const nodes = nodesOf(codeSystem)
  const folded = codeSystem.caseSensitive === false ? foldedCodes(nodes) : undefined
  const absent: Verdict = codeSystem.content === 'complete' ? 'no' : 'unknown'
  const concepts = new Map<Node, Concept>()
  const node = (code: string) => nodes.get(code) ?? nodes.get(folded?.get(code.toLowerCase()) ?? '')
  const name = codeSystem.name ?? codeSystem.url!

  function reachable(code: string, next: (node: Node) => readonly string[]): ReadonlySet<string> {
    const start = node(code)
    const found = new Set(start ? [start.concept.code] : [])
    for (const each of found) for (const other of next(nodes.get(each)!)) if (nodes.has(other)) found.add(other)
    return found
  }
  const descendants = (code: string) => reachable(code, ({ children }) => children)
  const ancestors = (code: string) => reachable(code, ({ parents }) => parents)

  return {
    url: codeSystem.url!,
    name,
    version: codeSystem.version,
    unlisted: 'unknown',
    has: (code) => (node(code) ? 'yes' : absent),
    concept(code) {
      const found = node(code)
      if (!found) return undefined
      const known = concepts.get(found) ?? conceptOf(found, name, codeSystem.version)
      concepts.set(found, known)
      return known
    },
    codes: () => (codeSystem.content === 'complete' ? [...nodes.keys()] : undefined),
    filter: createFilters(codeSystem, nodes, { descendants, ancestors }),
    descendants,
    ancestors,
  }
}

/** Every concept with its parents and children, by nesting and by the properties `parent`, `subsumedBy` and `child`. */
function nodesOf(codeSystem: CodeSystem): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>()
  const nested: [parent: string, child: string][] = []
  const open: (readonly [CodeSystemConcept, string | undefined])[] = []
  const push = (concepts: readonly CodeSystemConcept[] = [], parent?: string) => {
    for (const concept of concepts.toReversed()) open.push([concept, parent])
  }
  push(codeSystem.concept)
  for (let next = open.pop(); next; next = open.pop()) {
    const [concept, parent] = next
    // Where a concept stands a second time below another parent, the first is the whole one.
    if (!nodes.has(concept.code)) nodes.set(concept.code, { concept, parents: [], children: [] })
    if (parent !== undefined) nested.push([parent, concept.code])
    for (const { code, valueCode } of concept.property ?? []) {
      if (code === 'parent' || code === 'subsumedBy') nested.push([valueCode!, concept.code])
      if (code === 'child') nested.push([concept.code, valueCode!])
    }
    push(concept.concept, concept.code)
  }
  for (const [parent, child] of new Map(nested.map((pair) => [pair.join('|'), pair])).values()) {
    nodes.get(parent)?.children.push(child)
    nodes.get(child)?.parents.push(parent)
  }
  return nodes
}

function foldedCodes(nodes: ReadonlyMap<string, Node>): ReadonlyMap<string, string> {
  return new Map([...nodes.keys()].map((code) => [code.toLowerCase(), code]))
}

function conceptOf(node: Node, systemName: string, systemVersion: string | undefined): Concept {
  const { code, display, definition, designation = [], property = [] } = node.concept
  return {
    ...{ code, systemName, systemVersion, display, definition, designations: designation, properties: property },
    parents: node.parents,
    children: node.children,
    isAbstract: property.some((one) => /^(notSelectable|abstract)$/.test(one.code) && one.valueBoolean === true),
    isInactive: property.some(
      (one) =>
        (one.code === 'inactive' && one.valueBoolean === true) ||
        (one.code === 'status' && /^(retired|inactive)$/i.test(String(one.valueCode ?? one.valueString))),
    ),
  }
}

interface Hierarchy {
  descendants(code: string): ReadonlySet<string>
  ancestors(code: string): ReadonlySet<string>
}

/** https://hl7.org/fhir/R4/valueset-filter-operator.html */
function createFilters(
  codeSystem: CodeSystem,
  nodes: ReadonlyMap<string, Node>,
  { descendants, ancestors }: Hierarchy,
) {
  const declared = new Set([...definedProperties, ...(codeSystem.property ?? []).map(({ code }) => code)])

  function valuesOf(code: string, property: string): string[] {
    const { concept, parents, children } = nodes.get(code)!
    if (property === 'code') return [code]
    if (property === 'display') return concept.display === undefined ? [] : [concept.display]
    if (property === 'definition') return concept.definition === undefined ? [] : [concept.definition]
    if (property === 'parent') return parents
    if (property === 'child') return children
    return (concept.property ?? []).filter((one) => one.code === property).map(valueText)
  }

  function passes({ property, op, value }: ValueSetComposeIncludeFilter): ((code: string) => boolean) | undefined {
    const listed = new Set(value.split(',').map((one) => one.trim()))
    switch (op) {
      case 'is-a':
        return isIn(descendants(value))
      case 'descendent-of':
        return and(isIn(descendants(value)), (code) => code !== value)
      case 'is-not-a':
        return not(isIn(descendants(value)))
      case 'generalizes':
        return isIn(ancestors(value))
    }
    if (!declared.has(property) && !['code', 'display', 'definition', 'concept'].includes(property)) return undefined
    const key = property === 'concept' ? 'code' : property
    switch (op) {
      case '=':
        return (code) => valuesOf(code, key).includes(value)
      case 'in':
        return (code) => valuesOf(code, key).some((one) => listed.has(one))
      case 'not-in':
        return (code) => !valuesOf(code, key).some((one) => listed.has(one))
      case 'exists':
        return (code) => valuesOf(code, key).length > 0 === (value === 'true')
      case 'regex': {
        const matches = pattern(value)
        return matches && ((code) => valuesOf(code, key).some(matches))
      }
      default:
        return undefined
    }
  }

  return (filter: ValueSetComposeIncludeFilter): ((code: string) => Verdict) | undefined => {
    const test = passes(filter)
    return test && ((code) => (nodes.has(code) && test(code) ? 'yes' : 'no'))
  }
}

const isIn = (codes: ReadonlySet<string>) => (code: string) => codes.has(code)
const not = (test: (code: string) => boolean) => (code: string) => !test(code)
const and = (a: (code: string) => boolean, b: (code: string) => boolean) => (code: string) => a(code) && b(code)

function valueText(property: CodeSystemConceptProperty): string {
  const value = Object.entries(property).find(([key]) => key.startsWith('value'))?.[1]
  return String(typeof value === 'object' && value !== null && 'code' in value ? value.code : value)
}
