import type { Issue } from '../fhir/error.ts'
import { Decimal } from '../fhir/json.ts'
import type { Bindings } from './bindings.ts'
import { primitiveCheck, quoted } from './primitives.ts'
import { isPrimitive, type Element, type Member, type Structure, type Structures } from './structure.ts'
import { unknownMember } from './unknown-member.ts'
import { codeCheck } from './validate-code.ts'
import { targetCheck } from './validate-target.ts'
import { createWalk, type Walk } from './walk.ts'

type Json = Record<string, unknown>

/** What a structure asks of its objects, worked out once. */
interface Plan {
  readonly structure: Structure
  readonly members: ReadonlyMap<string, MemberPlan>
  readonly required: readonly Element[]
  /** What goes beyond single members; the place for invariants. */
  readonly rules: readonly Rule[]
}

interface MemberPlan {
  readonly element: Element
  readonly isList: boolean
  readonly isPrimitive: boolean
  /** One value: of a list, one item. */
  readonly check: (value: unknown, walk: Walk) => void
}

type Rule = (object: Json, walk: Walk) => void

/**
 * Validates resources against the snapshots of their types. https://hl7.org/fhir/R4/validation.html
 *
 * Structure, cardinality, value domains and required bindings; the plan of a type is made when the type is first met.
 */
export function createValidator({ structures, bindings }: { structures: Structures; bindings: Bindings }) {
  const plans = new Map<Structure, Plan>()

  function planOf(structure: Structure): Plan {
    const known = plans.get(structure)
    if (known) return known
    const members = new Map<string, MemberPlan>()
    const required = structure.elements.filter(({ min }) => min > 0)
    const plan = { structure, members, required, rules: rulesOf(structure) }
    plans.set(structure, plan)
    for (const [key, member] of structure.members) members.set(key, memberPlan(member))
    return plan
  }

  function memberPlan(member: Member): MemberPlan {
    const { element, type } = member
    return { element, isList: element.max > 1, isPrimitive: isPrimitive(type), check: checkOf(member) }
  }

  function checkOf(member: Member): MemberPlan['check'] {
    if (member.type === 'Resource') return checkResource
    const checkCode = codeCheck(bindings, member)
    const checkTarget = targetCheck(member)
    if (isPrimitive(member.type)) {
      const problemOf = primitiveCheck(member.type)
      return (value, walk) => {
        const problem = problemOf(value)
        if (problem !== undefined) walk.report('value', problem)
        else checkCode?.(value, walk)
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

  function checkResource(value: unknown, walk: Walk): void {
    if (!isObject(value)) return walk.report('structure', `${quoted(value)} is not a JSON object with "resourceType"`)
    const type = value.resourceType
    if (typeof type !== 'string') return walk.report('required', '"resourceType" is missing')
    const structure = structures.structure(type)
    if (!structure?.isResource || structure.isAbstract) {
      return walk.report('structure', `${quoted(type)} is not a resource type of FHIR R4`)
    }
    checkObject(value, planOf(structure), walk)
  }

  function checkObject(object: Json, plan: Plan, walk: Walk): void {
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
          checkBeside(object, key, beside, walk)
        } else if (key !== 'resourceType' || !plan.structure.isResource) {
          walk.report('structure', unknownMember(key, plan.structure), /^\w+$/.test(key) ? key : undefined)
        }
      }
    }
    if (size === 0) walk.report('structure', 'an object is never empty; leave the element out')
    checkPresence(object, plan, present, walk)
    for (const rule of plan.rules) rule(object, walk)
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

  function checkMember(object: Json, key: string, { element, isList, check }: MemberPlan, walk: Walk): void {
    const value = object[key]
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
  }

  /** `_birthDate` holds the id and the extensions of `birthDate`; of a list, item by item. */
  function checkBeside(object: Json, key: string, { element, isList }: MemberPlan, walk: Walk): void {
    const value = object[key]
    const values = object[key.slice(1)]
    walk.enter(element.name)
    if (!isList) {
      checkElement(value, walk)
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
        if (value[at] !== null) checkElement(value[at], walk)
        walk.leave()
      }
    }
    walk.leave()
  }

  function checkElement(value: unknown, walk: Walk): void {
    if (isObject(value)) checkObject(value, planOf(structures.structure('Element')!), walk)
    else walk.report('structure', `${quoted(value)} is not a JSON object with "id" or "extension"`)
  }

  return function validate(resource: unknown): Issue[] {
    const type = isObject(resource) ? resource.resourceType : undefined
    const walk = createWalk(typeof type === 'string' && /^[A-Z][A-Za-z]*$/.test(type) ? type : 'Resource')
    checkResource(resource, walk)
    return walk.issues
  }
}

function rulesOf({ path }: Structure): readonly Rule[] {
  return path === 'Extension' ? [extensionOrValue] : []
}

/** ext-1: "Must have either extensions or value[x], not both". */
function extensionOrValue(object: Json, walk: Walk): void {
  const hasValue = Object.keys(object).some((key) => /^_?value[A-Z]/.test(key))
  if (hasValue === (object.extension === undefined)) return
  walk.report('structure', `an extension has either a value or extensions${hasValue ? ', not both' : ''}`)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal)
}
