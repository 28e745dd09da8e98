import { isPrimitive, type Member, type Structure, type Structures } from '../structure.ts'

type Json = Record<string, unknown>

/** One value of an element, with the type that it has here. */
export interface Occurrence {
  readonly type: string
  /** Undefined for a primitive that has nothing but extensions. */
  readonly value: unknown
  /** What holds the value's own elements: itself, or what stands beside a primitive. */
  readonly object: Json | undefined
  readonly structure: Structure | undefined
  /** Its place below its parent, for messages. */
  readonly place: readonly (string | number)[]
}

/** Every value of an element; `name` may name one variant of a choice, such as `valueQuantity`. */
export function occurrences(structures: Structures, object: Json, structure: Structure, name: string): Occurrence[] {
  return membersOf(structure, name).flatMap(({ member, beside: besideKey }) => {
    const [value, beside] = [object[member.key], object[besideKey]]
    if (value === undefined && beside === undefined) return []
    const place = member.element.name
    const one = (item: unknown, itsBeside: unknown, at: readonly (string | number)[]): Occurrence[] => {
      if (item == null && itsBeside == null) return []
      const holder = isPrimitive(member.type) ? itsBeside : item
      const inner = isObject(holder) ? holder : undefined
      const type = member.type === 'Resource' ? String(inner?.resourceType) : member.type
      const own = isPrimitive(type)
        ? structures.structure('Element')
        : (structures.of(member) ?? structures.structure(type))
      return [{ type, value: item ?? undefined, object: inner, structure: own, place: at }]
    }
    if (member.element.max <= 1) return one(value, beside, [place])
    const [items, besides] = [listOf(value), listOf(beside)]
    const length = Math.max(items.length, besides.length)
    return Array.from({ length }, (_, at) => one(items[at], besides[at], [place, at])).flat()
  })
}

interface Named {
  readonly member: Member
  readonly beside: string
}

const named = new WeakMap<Structure, Map<string, readonly Named[]>>()

/** Looked up once: profiles ask for every element that they name, on every value. */
function membersOf(structure: Structure, name: string): readonly Named[] {
  const ofStructure = named.get(structure) ?? new Map<string, readonly Named[]>()
  named.set(structure, ofStructure)
  const known = ofStructure.get(name)
  if (known) return known
  const element = structure.elements.find((candidate) => candidate.name === name)
  const variant = element ? undefined : structure.members.get(name)
  const members = element?.members ?? (variant ? [variant] : [])
  const fresh = members.map((member) => ({ member, beside: `_${member.key}` }))
  ofStructure.set(name, fresh)
  return fresh
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
