import type { Resource } from '../fhir/resource.ts'
import type { Structure, Structures } from './structure.ts'

type Json = Record<string, unknown>

/** A text that a person wrote, or reads: a string, markdown, or (`isMarkup`) the XHTML of a narrative. */
export interface FoundText {
  readonly text: string
  readonly isMarkup: boolean
}

const wordy = new Set(['string', 'markdown', 'xhtml'])
/** Strings to R4 that hold no words: a URL, and numbers. */
const wordless = new Set(['Reference.reference', 'SampledData.data'])

interface Place {
  /** The primitive type of a text. */
  readonly text?: string
  readonly inside?: Structure
  readonly holdsResources?: boolean
}

/** Every text of a resource in the order of its elements, those of extensions and of contained resources included. */
export function createTextFinder(structures: Structures) {
  const known = new Map<Structure, ReadonlyMap<string, Place>>()

  function placesOf(structure: Structure): ReadonlyMap<string, Place> {
    const places = known.get(structure) ?? made(structure)
    known.set(structure, places)
    return places
  }

  function made({ members, path }: Structure): Map<string, Place> {
    const places = new Map<string, Place>()
    for (const [key, member] of members) {
      const { type, element } = member
      const inside = structures.of(member)
      if (inside) places.set(key, { inside })
      else if (type === 'Resource') places.set(key, { holdsResources: true })
      else if (wordy.has(type) && !element.isAttribute && !wordless.has(`${path}.${key}`))
        places.set(key, { text: type })
    }
    return places
  }

  function visit(object: Json, structure: Structure, found: FoundText[]): void {
    const places = placesOf(structure)
    for (const key in object) {
      const value = object[key]
      const place = places.get(key)
      if (place) each(value, place, found)
      // Beside a primitive stand its extensions.
      else if (key.startsWith('_') && typeof value === 'object') each(value, beside(), found)
    }
  }

  function beside(): Place {
    return { inside: structures.structure('Element')! }
  }

  function each(value: unknown, place: Place, found: FoundText[]): void {
    if (Array.isArray(value)) for (const item of value) one(item, place, found)
    else one(value, place, found)
  }

  function one(value: unknown, { text, inside, holdsResources }: Place, found: FoundText[]): void {
    if (text !== undefined) {
      if (typeof value === 'string') found.push({ text: value, isMarkup: text === 'xhtml' })
    } else if (typeof value === 'object' && value !== null) {
      const structure = holdsResources ? structures.structure(String((value as Json)['resourceType'])) : inside
      if (structure) visit(value as Json, structure, found)
    }
  }

  return function texts(resource: Resource): FoundText[] {
    const found: FoundText[] = []
    const structure = structures.structure(resource.resourceType)
    if (structure) visit(resource, structure, found)
    return found
  }
}
