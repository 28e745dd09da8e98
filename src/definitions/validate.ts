import type { Issue } from '../fhir/error.ts'
import { Decimal } from '../fhir/json.ts'
import type { Bindings } from './bindings.ts'
import type { ValidateOptions } from './definitions.ts'
import { primitiveCheck, quoted } from './primitives.ts'
import { isPrimitive, type Element, type Member, type Structure, type Structures } from './structure.ts'
import { unknownMember } from './unknown-member.ts'
import { codeCheck, extensibleAdvice } from './validate-code.ts'
import { targetCheck } from './validate-target.ts'
import { checkMarkdown } from './validation/markdown.ts'
import { blankNarrative, narrativeProblems } from './validation/narrative.ts'
import type { Invariants, Rule } from './validation/invariants.ts'
import type { Profiles } from './validation/profiles.ts'
import { createWalk, frameOf, noteFragment, type Frame, type Walk } from './walk.ts'

type Json = Record<string, unknown>

/** What a structure asks of its objects, worked out once. */
interface Plan {
  readonly structure: Structure
  readonly members: ReadonlyMap<string, MemberPlan>
  readonly required: readonly Element[]
  /** What goes beyond single members: invariants, and rules that the specification tells in words. */
  readonly rules: readonly Rule[]
  readonly warnings: readonly Rule[]
  readonly hasUniqueIds: boolean
}

interface MemberPlan {
  readonly element: Element
  /** `Patient.contact` */
  readonly path: string
  readonly isList: boolean
  readonly isPrimitive: boolean
  /** One value: of a list, one item. */
  readonly check: (value: unknown, walk: Walk) => void
}

interface Parts {
  structures: Structures
  bindings: Bindings
  invariants: Invariants
  proseRules: (structure: Structure) => readonly Rule[]
  profiles: Profiles
}

/**
 * Validates resources against the snapshots of their types. https://hl7.org/fhir/R4/validation.html
 *
 * Structure, cardinality, value domains, required bindings and invariants; the plan of a type is made when the type is first met.
 */
export function createValidator({ structures, bindings, invariants, proseRules, profiles }: Parts) {
  const plans = new Map<Structure, Plan>()

  function planOf(structure: Structure): Plan {
    const known = plans.get(structure)
    if (known) return known
    const members = new Map<string, MemberPlan>()
    const required = structure.elements.filter(({ min }) => min > 0)
    const { errors, warnings } = invariants.ofStructure(structure)
    // "ElementDefinition.id SHALL be unique within the snapshot, and within the differential", and is equal in both.
    const hasUniqueIds = !structure.isResource && structure.type !== 'ElementDefinition'
    const rules = [...errors, ...proseRules(structure)]
    const plan = { structure, members, required, rules, warnings, hasUniqueIds }
    plans.set(structure, plan)
    for (const [key, member] of structure.members) members.set(key, memberPlan(member, structure))
    return plan
  }

  function memberPlan(member: Member, owner: Structure): MemberPlan {
    const { element, type } = member
    const path = `${owner.path}.${element.name}`
    const rules = invariants.rulesOf(element.constraints, path, structures.of(member))
    const [errors, warnings] = [[...rules.errors], [...rules.warnings]]
    const advice = extensibleAdvice(bindings, member)
    if (advice) warnings.push(advice)
    const checkShape = checkOf(member)
    const check: MemberPlan['check'] = (value, walk) => {
      const before = walk.errors
      checkShape(value, walk)
      if (walk.errors === before) obey(errors, warnings, value, walk)
    }
    // What defines FHIR speaks of "<a> elements", in HL7's own definitions too.
    if (type === 'markdown' && owner.type !== 'ElementDefinition') errors.push(checkMarkdown)
    const own = type === 'Extension' || type === 'Resource' ? undefined : member.profiles[0]
    if (own !== undefined) errors.push((value, walk) => profiles.check(own, profiles.occurrenceOf(value, type), walk))
    const isPlain = errors.length + warnings.length === 0
    return {
      element,
      path,
      isList: element.max > 1,
      isPrimitive: isPrimitive(type),
      check: isPlain ? checkShape : check,
    }
  }

  function checkOf(member: Member): MemberPlan['check'] {
    if (member.type === 'Resource')
      return member.element.name === 'contained'
        ? checkContained
        : (value, walk) => checkResource(value, walk, undefined)
    const checkCode = codeCheck(bindings, member)
    const checkTarget = targetCheck(member)
    if (isPrimitive(member.type)) {
      if (member.type === 'xhtml') return checkNarrative
      const problemOf = primitiveCheck(member.type)
      const mayPointInside = member.type === 'uri' || member.type === 'url' || member.type === 'canonical'
      return (value, walk) => {
        const problem = problemOf(value)
        if (problem !== undefined) return walk.report('value', problem)
        if (mayPointInside && (value as string).charCodeAt(0) === 0x23) noteFragment(walk, value as string)
        checkCode?.(value, walk)
      }
    }
    return (value, walk) => {
      if (!isObject(value))
        return walk.report('structure', `${quoted(value)} is not a JSON object of type ${member.type}`)
      checkObject(value, planOf(structures.of(member)!), walk)
      checkCode?.(value, walk)
      checkTarget?.(value, walk)
    }
  }

  /** `root`: of a contained resource, its container. */
  function checkResource(value: unknown, walk: Walk, root: Frame | undefined): void {
    if (!isObject(value)) return walk.report('structure', `${quoted(value)} is not a JSON object with "resourceType"`)
    const type = value.resourceType
    if (typeof type !== 'string') return walk.report('required', '"resourceType" is missing')
    const structure = structures.structure(type)
    if (!structure?.isResource || structure.isAbstract) {
      return walk.report('structure', `${quoted(type)} is not a resource type of FHIR R4`)
    }
    const outer = walk.frame
    walk.frame = frameOf(value, root, outer)
    checkObject(value, planOf(structure), walk)
    checkProfiles(value, type, walk)
    walk.frame = outer
  }

  /** "meta.profile: profiles this resource claims to conform to"; what is not on board cannot be checked. */
  function checkProfiles(resource: Json, type: string, walk: Walk): void {
    const claimed = isObject(resource.meta) ? resource.meta.profile : undefined
    if (!Array.isArray(claimed)) return
    for (const profile of claimed.filter((each) => typeof each === 'string')) {
      if (profiles.isKnown(profile)) profiles.check(profile, profiles.occurrenceOf(resource, type), walk)
      else walk.warn(`the profile ${profile.slice(0, 200)} is not on board, so it was not checked`, 'not-found')
    }
  }

  function checkContained(value: unknown, walk: Walk): void {
    checkResource(value, walk, walk.frame.root ?? walk.frame)
  }

  function checkObject(object: Json, plan: Plan, walk: Walk): void {
    const before = walk.errors
    const present: string[] = []
    let size = 0
    for (const key in object) {
      size++
      const member = plan.members.get(key)
      if (member) {
        if (member.element.isChoice) present.push(key)
        checkMember(object, key, member, walk)
      } else {
        const beside = key.startsWith('_') ? plan.members.get(key.slice(1)) : undefined
        if (beside?.isPrimitive) {
          if (beside.element.isChoice && object[key.slice(1)] === undefined) present.push(key.slice(1))
          walk.hasBesides = true
          checkBeside(object, key, beside, walk)
        } else if (key !== 'resourceType' || !plan.structure.isResource) {
          walk.report('structure', unknownMember(key, plan.structure), /^\w+$/.test(key) ? key : undefined)
        }
      }
    }
    if (size === 0) walk.report('structure', 'an object is never empty; leave the element out')
    checkPresence(object, plan, present, walk)
    if (object.id !== undefined && plan.hasUniqueIds) noteId(object.id, walk)
    if (walk.errors === before) obey(plan.rules, plan.warnings, object, walk)
  }

  /** `present`: the members of choice elements that the object has. */
  function checkPresence(object: Json, plan: Plan, present: readonly string[], walk: Walk): void {
    const elements = present.map((key) => plan.members.get(key)!.element)
    for (const [at, element] of elements.entries()) {
      const first = elements.indexOf(element)
      if (first === at) continue
      walk.report('structure', `only one of "${present[first]}" and "${present[at]}" is allowed`, element.name)
    }
    for (const element of plan.required) {
      const isThere = element.isChoice
        ? elements.includes(element)
        : object[element.name] !== undefined || object[`_${element.name}`] !== undefined
      if (!isThere)
        walk.report('required', `"${element.name}${element.isChoice ? '[x]' : ''}" is required`, element.name)
    }
  }

  function checkMember(object: Json, key: string, { element, path, isList, check }: MemberPlan, walk: Walk): void {
    const value = object[key]
    const { element: outer, container } = walk
    walk.container = outer
    walk.element = path
    walk.enter(element.name)
    if (!isList) {
      if (Array.isArray(value)) walk.report('structure', `"${key}" does not repeat: give its value without [ ]`)
      else if (value === null) walk.report('structure', 'null is not a value; leave the element out')
      else check(value, walk)
    } else if (!Array.isArray(value)) {
      walk.report('structure', `"${key}" may repeat: give it as a list in [ ]`)
    } else if (value.length === 0) {
      walk.report('structure', 'a list is never empty; leave the element out')
    } else {
      if (value.length > element.max) walk.report('structure', `"${key}" may have ${element.max} entries at most`)
      const beside = object[`_${key}`]
      for (let at = 0; at < value.length; at++) {
        walk.enter(at)
        if (value[at] !== null) check(value[at], walk)
        else if (!Array.isArray(beside) || beside[at] == null) {
          walk.report('structure', 'null only keeps the place of an entry that has an extension')
        }
        walk.leave()
      }
    }
    walk.leave()
    walk.element = outer
    walk.container = container
  }

  /** `_birthDate` holds the id and the extensions of `birthDate`; of a list, item by item. */
  function checkBeside(object: Json, key: string, { element, path, isList }: MemberPlan, walk: Walk): void {
    const value = object[key]
    const values = object[key.slice(1)]
    const { element: outer, container } = walk
    walk.container = outer
    walk.element = path
    walk.enter(element.name)
    if (!isList) {
      checkElement(value, values, walk)
    } else if (!Array.isArray(value) || value.every((item) => item === null)) {
      walk.report('structure', `"${key}" is a list in [ ], with null for what has no extension`)
    } else if (Array.isArray(values) && values.length !== value.length) {
      walk.report(
        'structure',
        `"${key}" has ${value.length} entries and "${key.slice(1)}" ${values.length}: fill up with null`,
      )
    } else {
      for (let at = 0; at < value.length; at++) {
        walk.enter(at)
        if (value[at] !== null) checkElement(value[at], Array.isArray(values) ? values[at] : undefined, walk)
        walk.leave()
      }
    }
    walk.leave()
    walk.element = outer
    walk.container = container
  }

  /** `beside`: the value whose id and extensions these are. */
  function checkElement(value: unknown, beside: unknown, walk: Walk): void {
    if (!isObject(value))
      return walk.report('structure', `${quoted(value)} is not a JSON object with "id" or "extension"`)
    const before = walk.errors
    checkObject(value, planOf(structures.structure('Element')!), walk)
    if (walk.errors === before && beside == null && value.extension === undefined)
      walk.report('invariant', 'an element has a value or extensions (ele-1)')
  }

  return function validate(
    resource: unknown,
    { advises = false, profiles: asked = [] }: ValidateOptions = {},
  ): Issue[] {
    const type = isObject(resource) ? resource.resourceType : undefined
    const walk = createWalk(typeof type === 'string' && /^[A-Z][A-Za-z]*$/.test(type) ? type : 'Resource', advises)
    checkResource(resource, walk, undefined)
    if (asked.length > 0 && isObject(resource) && typeof type === 'string' && structures.hasType(type)) {
      walk.frame = frameOf(resource)
      for (const profile of asked) {
        if (profiles.isKnown(profile)) profiles.check(profile, profiles.occurrenceOf(resource, type), walk)
        else walk.report('not-found', `the profile ${profile.slice(0, 200)} is not on board`)
      }
    }
    return walk.issues
  }
}

function obey(rules: readonly Rule[], warnings: readonly Rule[], value: unknown, walk: Walk): void {
  for (const rule of rules) rule(value, walk)
  if (walk.advises) for (const rule of warnings) rule(value, walk)
}

function checkNarrative(value: unknown, walk: Walk): void {
  if (typeof value !== 'string') return walk.report('value', `${quoted(value)} is not a string`)
  for (const problem of narrativeProblems(value)) {
    if (problem === blankNarrative) walk.tolerate('invalid', problem)
    else walk.report('invalid', problem)
  }
}

/** "id: unique id for the element within a resource (for internal references)", "any string value that does not contain spaces" */
function noteId(id: unknown, { frame, report }: Walk): void {
  if (typeof id !== 'string') return
  if (/\s/.test(id)) report('value', `the id ${quoted(id)} of an element holds a space`, 'id')
  frame.ids ??= new Set()
  if (frame.ids.has(id)) report('invalid', `the id ${quoted(id)} comes twice in the resource`, 'id')
  frame.ids.add(id)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal)
}
