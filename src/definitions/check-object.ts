import { Decimal } from '../fhir/json.ts'
import { quoted } from './primitives.ts'
import type { Element, Structure } from './structure.ts'
import { unknownMember } from './unknown-member.ts'
import type { Rule } from './validation/invariants.ts'
import type { Walk } from './walk.ts'

export type Json = Record<string, unknown>

/** What a structure asks of its objects, worked out once. */
export interface ObjectPlan {
  readonly structure: Structure
  readonly members: ReadonlyMap<string, MemberPlan>
  readonly required: readonly Element[]
  /** What goes beyond single members: invariants, and rules that the specification tells in words. */
  readonly rules: readonly Rule[]
  readonly warnings: readonly Rule[]
  readonly hasUniqueIds: boolean
}

export interface MemberPlan {
  readonly element: Element
  /** `Patient.contact` */
  readonly path: string
  readonly isList: boolean
  readonly isPrimitive: boolean
  /** One value: of a list, one item. */
  readonly check: (value: unknown, walk: Walk) => void
}

/**
 * Checks the members of a JSON object, what stands beside its primitives, and what is missing: https://hl7.org/fhir/R4/json.html
 *
 * `elementPlan`: what `_birthDate` and its like may hold.
 */
export function createObjectCheck(elementPlan: () => ObjectPlan) {
  return checkObject

  function checkObject(object: Json, plan: ObjectPlan, walk: Walk): void {
    const before = walk.errors
    const elsewhere = walk.hasBesides
    walk.hasBesides = false
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
    walk.hasBesides ||= elsewhere
  }

  /** `present`: the members of choice elements that the object has. */
  function checkPresence(object: Json, plan: ObjectPlan, present: readonly string[], walk: Walk): void {
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
    checkObject(value, elementPlan(), walk)
    if (walk.errors === before && beside == null && value.extension === undefined)
      walk.report('invariant', 'an element has a value or extensions (ele-1)')
  }
}

export function obey(rules: readonly Rule[], warnings: readonly Rule[], value: unknown, walk: Walk): void {
  for (const rule of rules) rule(value, walk)
  if (walk.advises) for (const rule of warnings) rule(value, walk)
}

/** "id: unique id for the element within a resource (for internal references)", "any string value that does not contain spaces" */
function noteId(id: unknown, { frame, report }: Walk): void {
  if (typeof id !== 'string') return
  if (/\s/.test(id)) report('value', `the id ${quoted(id)} of an element holds a space`, 'id')
  frame.ids ??= new Set()
  if (frame.ids.has(id)) report('invalid', `the id ${quoted(id)} comes twice in the resource`, 'id')
  frame.ids.add(id)
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal)
}
