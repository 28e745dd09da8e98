import type { Registry } from '../registry.ts'
import type { Structure, Structures } from '../structure.ts'
import type { Rule } from './invariants.ts'

interface Differential {
  readonly type?: string
  readonly kind?: string
  readonly derivation?: string
  readonly differential?: { readonly element?: readonly { readonly path?: string }[] }
}

interface Parameter {
  readonly type?: string
  readonly base?: readonly string[]
  readonly derivedFrom?: string
  readonly component?: readonly unknown[]
}

/** The resources in which FHIR defines itself. */
export function createDefinitionRules({ structures, registry }: { structures: Structures; registry: Registry }) {
  /**
   * "composite: a composite search parameter that combines a search on two values together"; "derivedFrom: the details in the
   * search parameter must be consistent with the definition from which it is defined".
   *
   * https://hl7.org/fhir/R4/searchparameter.html
   */
  const searchParameter: Rule = (value, walk) => {
    const { type, base = [], derivedFrom, component = [] } = value as Parameter
    if (type === 'composite' && component.length < 2)
      walk.report('business-rule', 'a composite search parameter has two components or more', 'component')
    const original = derivedFrom === undefined ? undefined : registry.searchParameter(derivedFrom)
    if (!original) return
    for (const [at, name] of base.entries()) {
      if (original.base.some((general) => structures.isA(name, general))) continue
      walk.report('business-rule', `${derivedFrom} is not defined for ${name}`, `base[${at}]`)
    }
  }

  /** "path: the path identifies the element": https://hl7.org/fhir/R4/elementdefinition.html */
  const structureDefinition: Rule = (value, walk) => {
    const { type, kind, derivation, differential } = value as Differential
    const structure = type === undefined ? undefined : structures.structure(type)
    if (kind === 'logical' || derivation !== 'constraint' || !structure) return
    for (const [at, { path }] of (differential?.element ?? []).entries()) {
      if (path === undefined || isElement(structure, path)) continue
      walk.report('invalid', `${type} has no element ${path}`, `differential.element[${at}].path`)
    }
  }

  /** An element, or one variant of a choice: `Observation.value[x]`, `Observation.valueQuantity.unit`. */
  function isElement(root: Structure, path: string): boolean {
    const [first, ...names] = path.split('.')
    if (first !== root.type) return false
    let within: readonly Structure[] = [root]
    for (const name of names) {
      const bare = name.replace(/\[x\]$/, '')
      const members = within.flatMap((structure) =>
        [...structure.members.values()].filter(({ key, element }) => element.name === bare || key === bare),
      )
      if (members.length === 0) return within.length === 0
      within = members.flatMap((member) => structures.of(member) ?? structures.structure(member.type) ?? [])
    }
    return true
  }

  return { searchParameter, structureDefinition }
}
