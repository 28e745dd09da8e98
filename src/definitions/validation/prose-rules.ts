import { isAbsolute } from '../../fhir/reference.ts'
import type { Registry } from '../registry.ts'
import type { Structure, Structures } from '../structure.ts'
import type { Walk } from '../walk.ts'
import { checkBundle } from './bundle-rules.ts'
import { createDefinitionRules } from './definition-rules.ts'
import { createExtensionRule } from './extension-rule.ts'
import type { Rule } from './invariants.ts'
import type { Profiles } from './profiles.ts'
import { createReferenceRule } from './reference-rule.ts'

type Json = Readonly<Record<string, unknown>>

/** What the specification says of a type in words alone; by the path of its structure. */
export function createProseRules(parts: { structures: Structures; registry: Registry; profiles: Profiles }) {
  const { structures, registry } = parts
  const definitionRules = createDefinitionRules({ structures, registry })
  const rules: Readonly<Record<string, Rule>> = {
    Attachment: checkAttachment,
    Coding: createCodingRule(registry),
    Extension: createExtensionRule(parts),
    Identifier: checkIdentifier,
    Reference: createReferenceRule(structures),
    Bundle: (value, walk) => checkBundle(value as Json, walk),
    SearchParameter: definitionRules.searchParameter,
    StructureDefinition: definitionRules.structureDefinition,
  }

  return function proseRules(structure: Structure): readonly Rule[] {
    const own = rules[structure.path]
    const line = structure.isResource ? [checkContainedIds] : []
    return own ? [own, ...line] : line
  }
}

/** "size: the number of bytes of data that make up this attachment (before base64 encoding, if that is done)" */
function checkAttachment(value: unknown, walk: Walk): void {
  const { data, size } = value as { data?: string; size?: number }
  if (data === undefined || size === undefined) return
  const actual = bytesOf(data)
  if (actual !== size) walk.report('invalid', `the data is ${actual} bytes long, and "size" says ${size}`, 'size')
}

function bytesOf(base64: string): number {
  const compact = /\s/.test(base64) ? base64.replace(/\s+/g, '') : base64
  const padding = compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0
  return (compact.length / 4) * 3 - padding
}

/**
 * "system: the identification of the code system that defines the meaning of the symbol in the code"; a value set defines none,
 * and a relative URI hardly identifies one. https://hl7.org/fhir/R4/datatypes.html#Coding
 */
function createCodingRule(registry: Registry): Rule {
  return (value, walk) => {
    const { system } = value as { system?: string }
    if (system === undefined) return
    if (!isAbsolute(system)) walk.tolerate('invalid', relativeSystem(system), 'system')
    else if (registry.kindOf(system) === 'ValueSet')
      walk.report('invalid', `the system ${system} is a value set, not a code system`, 'system')
  }
}

/** "the URI should … reference to some definition that establishes the system clearly and unambiguously": should, not shall. */
function relativeSystem(system: string): string {
  return `the system "${system}" is not an absolute URI`
}

/** https://hl7.org/fhir/R4/datatypes.html#Identifier */
function checkIdentifier(value: unknown, walk: Walk): void {
  const { system, value: text } = value as { system?: string; value?: string }
  if (system === undefined) return
  if (!isAbsolute(system)) walk.tolerate('invalid', relativeSystem(system), 'system')
  if (system === 'urn:ietf:rfc:3986' && text !== undefined && !isAbsolute(text))
    walk.report('invalid', 'with the system urn:ietf:rfc:3986 the value is an absolute URI', 'value')
}

/** "Contained resources … SHALL be … identified by an id that is unique within the container": references lead to one of them. */
function checkContainedIds(value: unknown, walk: Walk): void {
  const { contained } = value as { contained?: readonly { id?: string }[] }
  if (contained === undefined) return
  const seen = new Set<string>()
  for (const [at, { id }] of contained.entries()) {
    if (id === undefined) continue
    if (seen.has(id)) walk.report('invalid', `two contained resources have the id "${id}"`, `contained[${at}].id`)
    seen.add(id)
  }
}
