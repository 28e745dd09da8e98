import type {
  ElementDefinition,
  ElementDefinitionConstraint,
  ElementDefinitionType,
  StructureDefinition,
} from 'fhir/r4.js'
import { structureBase, type Registry } from './registry.ts'

/** What one JSON object of a type may hold: a resource, a data type, or a part of one such as `Patient.contact`. */
export interface Structure {
  /** The FHIR type: `Patient`, `HumanName`; `BackboneElement` or `Element` for a part. */
  readonly type: string
  /** `Patient.contact`; the type's name for a whole type. */
  readonly path: string
  readonly isResource: boolean
  readonly isAbstract: boolean
  readonly elements: readonly Element[]
  /** By the name of the JSON member, so a choice element stands here once for each of its types. */
  readonly members: ReadonlyMap<string, Member>
  /** What the definition asks of the object as a whole; that of the types above it is asked besides. */
  readonly constraints: readonly Constraint[]
}

/** An invariant. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
export interface Constraint {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  /** Undefined where the rule is only told in words. */
  readonly expression: string | undefined
}

export interface Element {
  /** FHIRPath's name: `value` for `value[x]`. */
  readonly name: string
  readonly min: number
  /** Infinity for `*`. */
  readonly max: number
  readonly isSummary: boolean
  readonly isChoice: boolean
  /** Written as an attribute in XML: the id of an element, the url of an extension. */
  readonly isAttribute: boolean
  readonly members: readonly Member[]
  /** The value set of a required binding. */
  readonly requiredValueSet: string | undefined
  /** That of an extensible binding. */
  readonly extensibleValueSet: string | undefined
  /** On an element of a data type; those of a part stand in its structure. */
  readonly constraints: readonly Constraint[]
}

/** An element as one of its types. */
export interface Member {
  /** The name in JSON: `valueQuantity`. */
  readonly key: string
  readonly element: Element
  readonly type: string
  /** Resource types that a Reference or canonical may name; empty: any. */
  readonly targets: readonly string[]
  /** Profiles of the type itself, such as SimpleQuantity; the value follows one of them. Empty: any. */
  readonly profiles: readonly string[]
  /** Of an element that is defined in place, such as `Patient.contact`. `Structures.of` knows those of all. */
  readonly part: Structure | undefined
}

export type Structures = ReturnType<typeof createStructures>

const systemTypes = 'http://hl7.org/fhirpath/System.'
const fhirType = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'

/** Types by name, made from their snapshots when first asked for. */
export function createStructures(registry: Registry) {
  const made = new Map<string, Structure | undefined>()

  /** Undefined when there is no such type; primitives have a structure with `id`, `extension` and `value`. */
  function structure(type: string): Structure | undefined {
    if (!made.has(type)) {
      const definition = registry.structure(type)
      made.set(type, definition && structureOf(definition))
    }
    return made.get(type)
  }

  /** What the values of a member may hold. Undefined for a primitive, and for a nested resource of any type. */
  function of({ type, part }: Member): Structure | undefined {
    return part ?? (isPrimitive(type) || type === 'Resource' ? undefined : structure(type))
  }

  /** Whether a type is another one or derives from it: an Age is a Quantity. */
  function isA(type: string, ancestor: string): boolean {
    const parent = type === ancestor ? undefined : registry.parentOf(type)
    return type === ancestor || (parent !== undefined && isA(parent, ancestor))
  }

  /** A type and those that it derives from, itself first: Age, Quantity, Element. */
  function lineOf(type: string): readonly string[] {
    const parent = registry.parentOf(type)
    return parent === undefined ? [type] : [type, ...lineOf(parent)]
  }

  return { structure, of, isA, lineOf, hasType: registry.hasType }
}

export function isPrimitive(type: string): boolean {
  return /^[a-z]/.test(type)
}

function structureOf(definition: StructureDefinition): Structure {
  const childrenOf = new Map<string, ElementDefinition[]>()
  const at = new Map<string, ElementDefinition>()
  for (const element of definition.snapshot?.element ?? []) {
    // Slices repeat the path of the element that they slice.
    if (element.sliceName !== undefined) continue
    if (!at.has(element.path)) at.set(element.path, element)
    const parent = element.path.slice(0, element.path.lastIndexOf('.'))
    const siblings = childrenOf.get(parent)
    if (siblings) siblings.push(element)
    else childrenOf.set(parent, [element])
  }
  const parts = new Map<string, Structure>()
  const partOf = (path: string, type: string): Structure => {
    const known = parts.get(path)
    if (known) return known
    const elements: Element[] = []
    const members = new Map<string, Member>()
    const isResource = definition.kind === 'resource' && path === definition.type
    const constraints = constraintsOf(at.get(path))
    const made = { type, path, isResource, isAbstract: definition.abstract, elements, members, constraints }
    parts.set(path, made)
    for (const child of childrenOf.get(path) ?? []) {
      const element = elementOf(child, definition, (at, type) => (childrenOf.has(at) ? partOf(at, type) : undefined))
      elements.push(element)
      for (const member of element.members) members.set(member.key, member)
    }
    return made
  }
  return partOf(definition.type, definition.type)
}

function elementOf(
  definition: ElementDefinition,
  owner: StructureDefinition,
  partOf: (path: string, type: string) => Structure | undefined,
): Element {
  const lastName = definition.path.slice(definition.path.lastIndexOf('.') + 1)
  const isChoice = lastName.endsWith('[x]')
  const name = isChoice ? lastName.slice(0, -3) : lastName
  const reused = definition.contentReference?.split('#')[1]
  const members: Member[] = []
  const uses = reused === undefined ? (definition.type ?? []) : [{ code: 'BackboneElement' }]
  const typed = uses.map((use: ElementDefinitionType) => {
    const type = typeName(use, definition.path, owner)
    return { use, type, part: partOf(reused ?? definition.path, type) }
  })
  const element: Element = {
    name,
    min: definition.min ?? 0,
    max: definition.max === '*' ? Infinity : Number(definition.max),
    isSummary: definition.isSummary ?? false,
    isChoice,
    isAttribute: isAttribute(definition, owner),
    members,
    requiredValueSet: boundTo('required', definition),
    extensibleValueSet: boundTo('extensible', definition),
    constraints: typed.some(({ part }) => part) ? [] : constraintsOf(definition),
  }
  for (const { use, type, part } of typed) {
    const key = isChoice ? name + type[0]!.toUpperCase() + type.slice(1) : name
    members.push({ key, element, type, targets: targetsOf(use), profiles: use.profile ?? none, part })
  }
  return element
}

/** What has a type of FHIRPath's own; an element has one of FHIR's, the id of a resource among them. */
function isAttribute({ path, type = [] }: ElementDefinition, owner: StructureDefinition): boolean {
  return type.some(({ code }) => code.startsWith(systemTypes)) && !isResourceId(path, owner)
}

function isResourceId(path: string, owner: StructureDefinition): boolean {
  return owner.kind === 'resource' && path === `${owner.type}.id`
}

/** R4 4.0.1 calls the type of `Resource.id` a string in its definitions, and an id in its text. */
function typeName(use: ElementDefinitionType, path: string, owner: StructureDefinition): string {
  if (isResourceId(path, owner)) return 'id'
  if (!use.code.startsWith(systemTypes)) return use.code.replace(structureBase, '')
  const named = use.extension?.find(({ url }) => url === fhirType)
  return named?.valueUrl ?? named?.valueUri ?? use.code.slice(systemTypes.length).toLowerCase()
}

function boundTo(strength: string, { binding }: ElementDefinition): string | undefined {
  return binding?.strength === strength ? binding.valueSet : undefined
}

function constraintsOf(definition: ElementDefinition | undefined): readonly Constraint[] {
  return (definition?.constraint ?? []).map(
    ({ key, severity, human, expression }: ElementDefinitionConstraint): Constraint => ({
      key,
      severity,
      human,
      expression,
    }),
  )
}

const none: readonly string[] = []

function targetsOf(use: ElementDefinitionType): readonly string[] {
  if (!use.targetProfile) return none
  const targets = use.targetProfile.map((profile) => profile.replace(structureBase, ''))
  return targets.includes('Resource') ? none : targets
}
