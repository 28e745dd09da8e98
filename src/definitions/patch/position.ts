import type { Member, Structure, Structures } from '../structure.ts'

export type Json = Record<string, unknown>

/** Where an element stands in a resource: as `key` of an object, and at `index` when that is a list. The resource: no key. */
export interface Position {
  /** The object that holds it; the resource itself for the resource. */
  readonly holder: Json
  readonly member: Member | undefined
  readonly index: number | undefined
  readonly parent: Position | undefined
}

/** One step of a path: the name that FHIRPath uses (`value` for `valueString`), and which of a list. */
export interface Step {
  readonly name: string
  readonly index: number | undefined
}

/** Finds elements by their names, the same for all that patches do. https://hl7.org/fhir/R4/json.html */
export function createPositions(structures: Structures) {
  function root(resource: Json): Position {
    return { holder: resource, member: undefined, index: undefined, parent: undefined }
  }

  /** What an element at this position may hold. */
  function structureAt(position: Position): Structure | undefined {
    const { member } = position
    if (!member) return structures.structure(String(position.holder['resourceType']))
    const value = objectAt(position)
    if (member.type === 'Resource') return structures.structure(String(value?.['resourceType']))
    return structures.of(member) ?? structures.structure(member.type)
  }

  /** The elements of a name below this one, in order. */
  function children(position: Position, { name, index }: Step): Position[] {
    const holder = objectAt(position)
    const structure = structureAt(position)
    if (!holder || !structure) return []
    const found: Position[] = []
    for (const member of structure.members.values()) {
      if (member.element.name !== name && member.key !== name) continue
      if (!Object.hasOwn(holder, member.key) && !Object.hasOwn(holder, `_${member.key}`)) continue
      const size = lengthOf(holder, member.key)
      if (size === undefined) found.push({ holder, member, index: undefined, parent: position })
      else for (let at = 0; at < size; at++) found.push({ holder, member, index: at, parent: position })
    }
    return index === undefined ? found : found.slice(index, index + 1)
  }

  return { root, structureAt, children }
}

export type Positions = ReturnType<typeof createPositions>

/** The JSON object of the element; of a primitive what stands beside it, as `_birthDate`, `made` when it is absent. */
export function objectAt({ holder, member, index }: Position, made = false): Json | undefined {
  if (!member) return holder
  const key = isPrimitive(member) ? `_${member.key}` : member.key
  if (index === undefined) {
    if (made && holder[key] === undefined) holder[key] = {}
    return asObject(holder[key])
  }
  const list = holder[key] as unknown[] | undefined
  if (!made || asObject(list?.[index])) return asObject(list?.[index])
  const grown = Array.from({ length: lengthOf(holder, member.key)! }, (_, at) => list?.[at] ?? null)
  const object: Json = {}
  grown[index] = object
  holder[key] = grown
  return object
}

export function isPrimitive({ type }: Member): boolean {
  return /^[a-z]/.test(type)
}

/** How many there are in a list of primitives, which may stand in the one list, in the other or in both. */
function lengthOf(holder: Json, key: string): number | undefined {
  const lists = [holder[key], holder[`_${key}`]].filter((value) => Array.isArray(value))
  return lists.length === 0 ? undefined : Math.max(...lists.map(({ length }) => length))
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}
