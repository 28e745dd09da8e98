import type { StructureDefinition } from 'fhir/r4.js'
import type { Registry } from '../registry.ts'
import type { Structures } from '../structure.ts'
import type { Walk } from '../walk.ts'
import type { Rule } from './invariants.ts'
import type { Profiles } from './profiles.ts'

interface Definition {
  readonly isModifier: boolean
  readonly contexts: readonly { readonly type: string; readonly expression: string }[]
}

/** Its context is ElementDefinition.type.code, and R4's own snapshots have it on ElementDefinition.type throughout. */
const misplacedByR4 = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'

/**
 * An extension whose definition is on board follows it, stands where the definition allows it, and is a modifier exactly when
 * the definition says so. Others are nobody's to judge.
 *
 * https://hl7.org/fhir/R4/defining-extensions.html#context
 */
export function createExtensionRule(parts: { registry: Registry; structures: Structures; profiles: Profiles }): Rule {
  const { registry, structures, profiles } = parts
  const known = new Map<string, Definition>()

  /** What is not on board is not remembered: clients make up any number of URLs. */
  function definitionOf(canonical: string): Definition | undefined {
    const url = canonical.split('|', 1)[0]!
    const found = known.get(url) ?? (profiles.typeOf(url) === 'Extension' ? read(registry.profile(url)!) : undefined)
    if (found) known.set(url, found)
    return found
  }

  function mayStandIn({ contexts }: Definition, { element, container }: Walk): boolean {
    const owner = element.slice(0, element.lastIndexOf('.'))
    const isPart = owner.includes('.')
    const names = new Set([owner, container, ...(isPart ? ['BackboneElement', 'Element'] : structures.lineOf(owner))])
    return contexts.some(({ type, expression }) => {
      // What an expression or an enclosing extension allows is not looked into.
      if (type !== 'element') return type === 'fhirpath' || owner === 'Extension'
      const path = expression.replace(/\[x\]/g, '')
      // The type of a primitive is not known here.
      return names.has(path) || path === 'Element' || (owner === 'Element' && /^[a-z]\w*$/.test(path))
    })
  }

  return (value, walk) => {
    const { url } = value as { url: string }
    const definition = definitionOf(url)
    if (!definition) return
    profiles.check(url, profiles.occurrenceOf(value, 'Extension'), walk)
    const isModifier = walk.element.endsWith('.modifierExtension')
    if (isModifier !== definition.isModifier)
      walk.report('extension', `the extension ${url} is ${isModifier ? 'no' : 'a'} modifier extension`)
    if (definition.contexts.length > 0 && url !== misplacedByR4 && !mayStandIn(definition, walk))
      walk.report('extension', `the extension ${url} is not for ${walk.container}, but for ${listed(definition)}`)
  }
}

function read({ snapshot, differential, context = [] }: StructureDefinition): Definition {
  const [root] = snapshot?.element ?? differential?.element ?? []
  return { isModifier: root?.isModifier === true, contexts: context }
}

function listed({ contexts }: Definition): string {
  return contexts.map(({ expression }) => expression).join(', ')
}
