import type { Issue } from '../fhir/error.ts'
import type { Bindings } from './bindings.ts'
import type { ValidateOptions } from './definitions.ts'
import { createObjectCheck, isObject, type Json, type MemberPlan, obey, type ObjectPlan } from './check-object.ts'
import { primitiveCheck, quoted } from './primitives.ts'
import { isPrimitive, type Member, type Structure, type Structures } from './structure.ts'
import { codeCheck, extensibleAdvice } from './validate-code.ts'
import { targetCheck } from './validate-target.ts'
import { checkMarkdown } from './validation/markdown.ts'
import { blankNarrative, narrativeProblems } from './validation/narrative.ts'
import type { Invariants, Rule } from './validation/invariants.ts'
import type { Profiles } from './validation/profiles.ts'
import { createWalk, frameOf, noteFragment, type Frame, type Walk } from './walk.ts'

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
  const plans = new Map<Structure, ObjectPlan>()
  const checkObject = createObjectCheck(() => planOf(structures.structure('Element')!))

  function planOf(structure: Structure): ObjectPlan {
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
      const { errors: before, hasBesides: elsewhere } = walk
      walk.hasBesides = false
      checkShape(value, walk)
      if (walk.errors === before) obey(errors, warnings, value, walk)
      walk.hasBesides ||= elsewhere
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
    const { frame: outer, hasBesides: elsewhere } = walk
    walk.frame = frameOf(value, root, outer)
    walk.hasBesides = false
    checkObject(value, planOf(structure), walk)
    checkProfiles(value, type, walk)
    walk.hasBesides ||= elsewhere
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

function checkNarrative(value: unknown, walk: Walk): void {
  if (typeof value !== 'string') return walk.report('value', `${quoted(value)} is not a string`)
  for (const problem of narrativeProblems(value)) {
    if (problem === blankNarrative) walk.tolerate('invalid', problem)
    else walk.report('invalid', problem)
  }
}
