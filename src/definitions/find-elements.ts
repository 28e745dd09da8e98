import type { Resource } from '../fhir/resource.ts'
import type { Structure, Structures } from './structure.ts'

type Json = Record<string, unknown>

export interface FoundElement {
  readonly path: string
  readonly value: Json
  readonly targets: readonly string[]
}

/**
 * Everything of one data type in a resource, wherever the resource or an extension holds it. Nested resources are left
 * out: they are resources of their own.
 */
export function createElementFinder(structures: Structures, wanted: string) {
  const element = () => structures.structure('Element')!

  function visitObject(object: Json, structure: Structure, path: string, found: FoundElement[]): void {
    for (const key in object) {
      const value = object[key]
      // Most members are primitives, and hold nothing.
      if (typeof value !== 'object' || value === null) continue
      const member = structure.members.get(key)
      const inside = member && structures.of(member)
      if (inside) {
        visitEach(value, inside, member.targets, `${path}.${member.element.name}`, found)
      } else if (key.startsWith('_')) {
        const beside = structure.members.get(key.slice(1))
        if (beside) visitEach(value, element(), [], `${path}.${beside.element.name}`, found)
      }
    }
  }

  function visitEach(
    value: unknown,
    structure: Structure,
    targets: readonly string[],
    path: string,
    found: FoundElement[],
  ): void {
    if (Array.isArray(value)) {
      for (const [at, item] of value.entries()) {
        if (isObject(item)) visitOne(item, structure, targets, `${path}[${at}]`, found)
      }
    } else if (isObject(value)) {
      visitOne(value, structure, targets, path, found)
    }
  }

  function visitOne(
    object: Json,
    structure: Structure,
    targets: readonly string[],
    path: string,
    found: FoundElement[],
  ): void {
    if (structure.type === wanted) found.push({ path, value: object, targets })
    visitObject(object, structure, path, found)
  }

  return function find(resource: Resource): FoundElement[] {
    const found: FoundElement[] = []
    const structure = structures.structure(resource.resourceType)
    if (structure) visitObject(resource, structure, resource.resourceType, found)
    return found
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}
