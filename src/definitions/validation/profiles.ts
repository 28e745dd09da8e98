import type { StructureDefinition } from 'fhir/r4.js'
import type { Bindings } from '../bindings.ts'
import { referencedType } from '../referenced-type.ts'
import { structureBase, type Registry } from '../registry.ts'
import { isPrimitive, type Structure, type Structures } from '../structure.ts'
import { createWalk, frameOf, type Frame, type Walk } from '../walk.ts'
import { codeOf } from './discriminator.ts'
import type { Invariants, Rules } from './invariants.ts'
import { isObject, occurrences, type Occurrence } from './occurrence.ts'
import { checkCount, checkValue, isTypeAllowed } from './profile-node-checks.ts'
import { profileTree, type ProfileNode } from './profile-tree.ts'
import { resolve } from './resolve.ts'
import { createSlicing, within } from './slicing.ts'

export type Profiles = ReturnType<typeof createProfiles>

interface Parts {
  registry: Registry
  structures: Structures
  bindings: Bindings
  invariants: Invariants
}

/** A profile on board, prepared. */
interface Profile {
  readonly url: string
  readonly type: string
  readonly root: ProfileNode
  /** Followed besides, where there is no snapshot. */
  readonly base: string | undefined
}

const noRules: Rules = { errors: [], warnings: [] }

/**
 * What profiles ask beyond the types: https://hl7.org/fhir/R4/profiling.html. A profile is read when it is first named.
 */
export function createProfiles({ registry, structures, bindings, invariants }: Parts) {
  const made = new Map<string, Profile | undefined>()
  const rulesOf = new Map<ProfileNode, Map<string, Rules>>()
  /** What is being checked against what: profiles of resources that refer to each other would go round in circles. */
  const underWay = new Map<unknown, Set<string>>()
  const checkSlices = createSlicing({
    structures,
    conforms,
    treeOf: (profile) => profileOf(profile)?.root,
    typeOf: (profile) => profileOf(profile)?.type ?? typeNamed(profile),
    conformsTo: (profile, value, frame) => {
      const found = profileOf(profile)
      const type = typeNamed(profile)
      // Of one that is not on board nothing can be said against the value.
      return found ? follows(found, value, frame) : type === undefined || structures.isA(value.type, type)
    },
  })

  /**
   * Undefined for one that is not on board, and for the types themselves, which are checked anyway. What is not on board is not
   * remembered: clients make up any number of URLs.
   */
  function profileOf(canonical: string): Profile | undefined {
    const url = canonical.split('|', 1)[0]!
    if (made.has(url)) return made.get(url)
    const definition = registry.profile(url)
    if (!definition) return undefined
    const profile = definition.derivation === 'constraint' ? prepared(url, definition) : undefined
    made.set(url, profile)
    return profile
  }

  function prepared(url: string, definition: StructureDefinition): Profile {
    const base = definition.snapshot ? undefined : definition.baseDefinition
    return { url, type: definition.type, root: profileTree(definition), base }
  }

  function typeNamed(canonical: string): string | undefined {
    const name = canonical.split('|', 1)[0]!.replace(structureBase, '')
    return structures.hasType(name) ? name : undefined
  }

  function isKnown(canonical: string): boolean {
    return profileOf(canonical) !== undefined || typeNamed(canonical) !== undefined
  }

  /** Reports where a value does not follow the profile; nothing for one that is not on board. */
  function check(canonical: string, value: Occurrence, walk: Walk): void {
    const profile = profileOf(canonical)
    if (!profile) return
    if (!structures.isA(value.type, profile.type))
      return walk.report('structure', `${profile.url} is a profile of ${profile.type}, not of ${value.type}`)
    const busy = underWay.get(value.value) ?? new Set<string>()
    if (busy.has(profile.url)) return
    underWay.set(value.value, busy.add(profile.url))
    try {
      if (profile.base !== undefined) check(profile.base, value, walk)
      checkNode(profile.root, value, walk)
    } finally {
      busy.delete(profile.url)
      if (busy.size === 0) underWay.delete(value.value)
    }
  }

  function conforms(node: ProfileNode, value: Occurrence, frame: Frame): boolean {
    return silently(frame, (walk) => checkNode(node, value, walk))
  }

  function follows({ url }: Profile, value: Occurrence, frame: Frame): boolean {
    return silently(frame, (walk) => check(url, value, walk))
  }

  function checkNode(node: ProfileNode, value: Occurrence, walk: Walk): void {
    if (!isTypeAllowed(structures, node, value))
      return walk.report('structure', `the profile allows ${node.types!.map(codeOf).join(', ')}, not ${value.type}`)
    checkValue(bindings, node, value, walk)
    obey(node, value, walk)
    checkTypeProfiles(node, value, walk)
    const outer = walk.frame
    if (value.structure?.isResource && value.value !== outer.resource) {
      const isContained = value.place[0] === 'contained'
      walk.frame = frameOf(value.value, isContained ? (outer.root ?? outer) : undefined, outer)
    }
    checkChildren(node, value, walk)
    walk.frame = outer
  }

  /** Invariants that the type does not have; "value" constraints of primitives are about the value alone. */
  function obey(node: ProfileNode, { type, value, structure }: Occurrence, walk: Walk): void {
    if (node.constraints.length === 0 || value === undefined) return
    const byType = rulesOf.get(node) ?? new Map<string, Rules>()
    rulesOf.set(node, byType)
    const key = structure?.path ?? type
    const rules = byType.get(key) ?? ownRules(node, type, structure)
    byType.set(key, rules)
    for (const rule of rules.errors) rule(value, walk)
    if (walk.advises) for (const rule of rules.warnings) rule(value, walk)
  }

  function ownRules(node: ProfileNode, type: string, structure: Structure | undefined): Rules {
    const line = structures.lineOf(type).flatMap((name) => structures.structure(name)?.constraints ?? [])
    const known = new Set([...line, ...(structure?.constraints ?? [])].map(({ key }) => key))
    const own = node.constraints.filter(({ key }) => !known.has(key))
    if (own.length === 0) return noRules
    return invariants.rulesOf(
      own,
      isPrimitive(type) ? type : (structure?.path ?? type),
      isPrimitive(type) ? undefined : structure,
    )
  }

  /** "If any profiles are specified, then the content must conform to at least one of them." */
  function checkTypeProfiles(node: ProfileNode, value: Occurrence, walk: Walk): void {
    const uses = (node.types ?? []).filter((use) => structures.isA(value.type, codeOf(use)))
    const profiles = uses.flatMap(({ profile = [] }) => profile)
    const [only] = profiles
    if (only !== undefined && profiles.length === 1 && uses.length === 1) check(only, value, walk)
    else if (profiles.length > 1 && !profiles.some((profile) => mayFollow(profile, value, walk.frame)))
      walk.report('structure', `this follows none of the profiles ${profiles.join(', ')}`)
    if (value.type === 'Reference')
      checkTarget(
        uses.flatMap(({ targetProfile = [] }) => targetProfile),
        value,
        walk,
      )
  }

  function checkTarget(profiles: readonly string[], { value }: Occurrence, walk: Walk): void {
    if (profiles.length === 0) return
    const resource = resolve(value, walk.frame)
    const type = resource ? String(resource.resourceType) : referencedType(value ?? {})
    const fitting = profiles.filter((profile) => {
      const named = profileOf(profile)?.type ?? typeNamed(profile)
      return type === undefined || named === undefined || structures.isA(type, named)
    })
    if (fitting.length === 0)
      return walk.report('invalid', `a reference to ${type} is not possible here, but to ${profiles.join(', ')}`)
    if (!resource || fitting.some((profile) => typeNamed(profile) !== undefined)) return
    const target = { type: type!, value: resource, object: resource, structure: structures.structure(type!), place: [] }
    if (!fitting.some((profile) => mayFollow(profile, target, walk.frame)))
      walk.report('invalid', `the resource that is referred to follows none of ${fitting.join(', ')}`)
  }

  /** What is not on board is given the benefit of the doubt. */
  function mayFollow(profile: string, value: Occurrence, frame: Frame): boolean {
    const known = profileOf(profile)
    return known ? follows(known, value, frame) : true
  }

  function checkChildren(node: ProfileNode, { object, structure, type }: Occurrence, walk: Walk): void {
    if (node.children.size === 0 || !structure) return
    for (const child of node.children.values()) {
      // A primitive's own value is no element of it in JSON.
      if (child.name === 'value' && isPrimitive(type)) continue
      const values = object ? occurrences(structures, object, structure, child.name) : []
      const element = structure.elements.find(({ name }) => name === child.name)
      checkCount(child, element, values.length, walk)
      for (const value of values) within(value, walk, () => checkNode(child, value, walk))
      checkSlices(child, values, walk, checkNode)
    }
  }

  function silently(frame: Frame, act: (walk: Walk) => void): boolean {
    const walk = createWalk('', false)
    walk.frame = frame
    walk.hasBesides = true
    act(walk)
    return walk.errors === 0
  }

  /** A value of a type, as `check` takes it. */
  function occurrenceOf(value: unknown, type: string): Occurrence {
    return {
      type,
      value,
      object: isObject(value) ? value : undefined,
      structure: structures.structure(type),
      place: [],
    }
  }

  return { check, isKnown, occurrenceOf, typeOf: (canonical: string) => profileOf(canonical)?.type }
}
