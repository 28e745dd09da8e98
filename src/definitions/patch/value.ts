import type { Member, Structure, Structures } from '../structure.ts'
import type { Json } from './position.ts'

/** A value as a patch brings it: what stands under the name, what stands beside it (`_name`), and its type as in `valueCode`. */
export interface Value {
  readonly content: unknown
  readonly beside: unknown
  /** `Code`; undefined for a resource and for an element that has no type of its own, such as `Patient.contact`. */
  readonly type: string | undefined
}

/** What a `Parameters.parameter` or a part of one holds. Refusals name what is wrong. */
export function createValueOf(structures: Structures, refuse: (text: string) => Error) {
  /** `into`: what the value is to become, for values that are given element by element. */
  function valueOf(part: Json, into: Structure | undefined): Value {
    const keys = Object.keys(part).filter((key) => /^_?value[A-Z]/.test(key))
    const types = new Set(keys.map((key) => key.replace(/^_?value/, '')))
    const given = [types.size > 0, part['resource'] !== undefined, part['part'] !== undefined]
    if (types.size > 1 || given.filter(Boolean).length !== 1) {
      throw refuse('a value is one value[x], one resource or the parts of an element')
    }
    const [type] = types
    if (type !== undefined) return { content: part[`value${type}`], beside: part[`_value${type}`], type }
    if (part['resource'] !== undefined) return { content: part['resource'], beside: undefined, type: undefined }
    return { content: elementOf(part['part'], into), beside: undefined, type: undefined }
  }

  function elementOf(parts: unknown, into: Structure | undefined): Json {
    if (!Array.isArray(parts) || parts.length === 0 || !into) throw refuse('the parts of a value are its elements')
    const element: Json = {}
    for (const part of parts as Json[]) {
      const name = String(part['name'])
      const target = elementNamed(into, name)
      const value = valueOf(part, target && structures.of(target.members[0]!))
      const member = memberFor(into, name, value, refuse)
      put(element, member, value, refuse)
    }
    return element
  }

  return valueOf
}

/** The element, by FHIRPath's name or by one of its names in JSON. */
export function elementNamed(structure: Structure, name: string) {
  const bare = name.replace(/\[x\]$/, '')
  return structure.elements.find((element) => element.name === bare || element.members.some(({ key }) => key === bare))
}

/** The element of this name that can take the value: `deceased` takes a `valueBoolean` as `deceasedBoolean`. */
export function memberFor(structure: Structure, name: string, value: Value, refuse: (text: string) => Error): Member {
  const element = elementNamed(structure, name)
  if (!element) throw refuse(`${structure.path} has no element "${name}"`)
  const { members, isChoice } = element
  const member = isChoice ? members.find(({ key }) => key === `${element.name}${value.type}`) : members[0]
  if (!member) throw refuse(`${structure.path}.${element.name} cannot be a ${value.type}`)
  return member
}

/** Adds the value to an object: to the end of a list, or where nothing was. */
export function put(object: Json, { key, element }: Member, value: Value, refuse: (text: string) => Error): void {
  if (element.max > 1) return void splice(object, key, lengthOf(object, key), 0, value)
  const names = element.members.flatMap((member) => [member.key, `_${member.key}`])
  const taken = names.find((name) => Object.hasOwn(object, name))
  if (taken) throw refuse(`"${taken}" is there already; replace it`)
  assign(object, key, value)
}

export function assign(object: Json, key: string, { content, beside }: Value): void {
  Reflect.deleteProperty(object, key)
  Reflect.deleteProperty(object, `_${key}`)
  if (content !== undefined) object[key] = content
  if (beside !== undefined) object[`_${key}`] = beside
}

/** As `Array.splice`, on a list and on the list beside it. A list that is empty afterwards goes. */
export function splice(object: Json, key: string, at: number, remove: number, added?: Value): Value {
  const size = lengthOf(object, key)
  const contents = filled(object[key], size)
  const besides = filled(object[`_${key}`], size)
  const [content] = contents.splice(at, remove, ...(added ? [added.content ?? null] : []))
  const [beside] = besides.splice(at, remove, ...(added ? [added.beside ?? null] : []))
  keep(object, key, contents)
  keep(object, `_${key}`, besides)
  return { content: content ?? undefined, beside: beside ?? undefined, type: undefined }
}

export function lengthOf(object: Json, key: string): number {
  return Math.max(...[object[key], object[`_${key}`]].map((list) => (Array.isArray(list) ? list.length : 0)))
}

function filled(list: unknown, size: number): unknown[] {
  return Array.from({ length: size }, (_, at) => (Array.isArray(list) ? (list[at] as unknown) : undefined) ?? null)
}

function keep(object: Json, key: string, list: readonly unknown[]): void {
  if (list.every((item) => item === null)) Reflect.deleteProperty(object, key)
  else object[key] = list
}
