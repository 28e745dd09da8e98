import { FhirError } from '../fhir/error.ts'
import { copyJson, stringifyJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import { createFind } from './patch/find.ts'
import { createPositions, type Json, objectAt, type Position } from './patch/position.ts'
import { assign, createValueOf, elementNamed, lengthOf, memberFor, put, splice } from './patch/value.ts'
import type { Structures } from './structure.ts'

const kinds = ['add', 'insert', 'delete', 'replace', 'move'] as const
const mostOperations = 1_000
/** Operations times characters of the resource: FHIRPath may look at all of it for each of them. */
const mostWork = 200_000_000

interface Operation {
  readonly kind: (typeof kinds)[number]
  readonly path: string
  readonly part: (name: string) => Json | undefined
}

/**
 * FHIRPath Patch: the resource as the operations of a Parameters leave it; the given one stays as it is. Throws
 * FhirError('malformed') for what is no patch and ('unprocessable') for one that cannot be applied, naming the operation.
 *
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
export function createFhirPathPatch(structures: Structures) {
  const positions = createPositions(structures)

  return async function fhirPathPatch(resource: Resource, parameters: Resource): Promise<Resource> {
    const operations = operationsOf(parameters)
    if (operations.length * stringifyJson(resource).length > mostWork) {
      throw new FhirError('tooLarge', 'The patch has too many operations for a resource of this size')
    }
    const patched = copyJson(resource)
    for (const [n, operation] of operations.entries()) await apply(patched, operation, n)
    return patched
  }

  async function apply(resource: Json, { kind, path, part }: Operation, n: number): Promise<void> {
    const refuse = refusing(`Operation ${n} (${kind} ${path.slice(0, 200)})`, n)
    const find = createFind(positions, refuse)
    const valueOf = createValueOf(structures, refuse)
    switch (kind) {
      case 'add':
        return add(onlyOne(await find(resource, path), refuse), textOf(part('name'), refuse))
      case 'insert': {
        const { object, key, member, structure } = await list()
        const value = valueOf(needed('value'), structures.of(member))
        memberFor(structure, key, value, refuse)
        return void splice(object, key, indexOf('index', lengthOf(object, key)), 0, value)
      }
      case 'delete':
        return remove(await find(resource, path))
      case 'replace':
        return replace(onlyOne(await find(resource, path), refuse))
      case 'move': {
        const { object, key } = await list()
        const last = lengthOf(object, key) - 1
        const [source, destination] = [indexOf('source', last), indexOf('destination', last)]
        return void splice(object, key, destination, 0, splice(object, key, source, 1))
      }
    }

    function add(position: Position, name: string): void {
      const structure = positions.structureAt(position)
      if (!structure) throw refuse('nothing can be added to this')
      const target = elementNamed(structure, name)
      const value = valueOf(needed('value'), target && structures.of(target.members[0]!))
      put(objectAt(position, true)!, memberFor(structure, name, value, refuse), value, refuse)
    }

    function replace({ holder, member, index, parent }: Position): void {
      if (!member || !parent) throw refuse('a whole resource is replaced by an update')
      const value = valueOf(needed('value'), structures.of(member))
      if (index !== undefined) return void splice(holder, member.key, index, 1, value)
      const { key } = memberFor(positions.structureAt(parent)!, member.element.name, value, refuse)
      Reflect.deleteProperty(holder, member.key)
      Reflect.deleteProperty(holder, `_${member.key}`)
      assign(holder, key, value)
    }

    /** The list that the path names, which may be empty: the path up to its last name finds what holds it. */
    async function list() {
      const [, before, name] = /^(.*?)(?:\.|^)([A-Za-z_]\w*)$/s.exec(path.trim()) ?? []
      if (name === undefined) throw refuse('the path is that of a list, without an index or a condition at its end')
      const holder = before === '' ? [positions.root(resource)] : await find(resource, before!)
      const position = onlyOne(holder, refuse)
      const structure = positions.structureAt(position)
      const element = structure && elementNamed(structure, name)
      if (!structure || !element || element.max <= 1) throw refuse(`"${name}" is not a list`)
      const member = element.members[0]!
      return { object: objectAt(position, true)!, key: member.key, member, structure }
    }

    function needed(name: string): Json {
      const found = part(name)
      if (!found) throw refuse(`the part "${name}" is missing`)
      return found
    }

    function indexOf(name: string, last: number): number {
      const index = needed(name)['valueInteger']
      if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index <= last) return index
      throw refuse(`"${name}" is a valueInteger from 0 to ${last}`)
    }

    /** Nothing to delete is no error. What held only this goes with it, since no element is ever empty. */
    function remove(found: readonly Position[]): void {
      if (found.length === 0) return
      let position = onlyOne(found, refuse)
      if (!position.member) throw refuse('a whole resource is deleted by a delete')
      do {
        const { holder, member, index }: Position = position
        if (index !== undefined) splice(holder, member!.key, index, 1)
        else assign(holder, member!.key, { content: undefined, beside: undefined, type: undefined })
        if (Object.keys(holder).length > 0) return
        position = position.parent!
      } while (position.member)
    }
  }
}

export type FhirPathPatch = ReturnType<typeof createFhirPathPatch>

type Refuse = (text: string) => FhirError

function refusing(operation: string, n: number): Refuse {
  return (text) => new FhirError('unprocessable', `${operation}: ${text}`, { expression: `Parameters.parameter[${n}]` })
}

/** "The FHIRPath statement must return a single element." */
function onlyOne([position, ...others]: readonly Position[], refuse: Refuse): Position {
  if (!position) throw refuse('the path finds nothing')
  if (others.length > 0) throw refuse(`the path finds ${others.length + 1} elements, where one is meant`)
  return position
}

function operationsOf(parameters: Resource): Operation[] {
  const given = parameters['parameter'] ?? []
  if (!Array.isArray(given)) throw malformed('The parameters of a FHIRPath Patch are its operations', 'Parameters')
  if (given.length > mostOperations) {
    throw new FhirError('tooLarge', `A FHIRPath Patch has ${mostOperations} operations at most`)
  }
  return given.map((item: unknown, n) => operationOf(item, `Parameters.parameter[${n}]`))
}

function operationOf(item: unknown, place: string): Operation {
  const { name, part: parts } = (item ?? {}) as { name?: unknown; part?: unknown }
  if (name !== 'operation' || !Array.isArray(parts)) {
    throw malformed('Each parameter of a FHIRPath Patch is named "operation" and has parts', place)
  }
  const part = (wanted: string) => (parts as (Json | null)[]).find((one) => one?.['name'] === wanted) ?? undefined
  const kind = kinds.find((known) => known === part('type')?.['valueCode'])
  if (!kind) throw malformed(`The part "type" of an operation is a valueCode: ${kinds.join(', ')}`, place)
  const path = part('path')?.['valueString']
  if (typeof path !== 'string') throw malformed('The part "path" of an operation is a valueString', place)
  return { kind, path, part }
}

function malformed(text: string, expression: string): FhirError {
  return new FhirError('malformed', text, { expression })
}

function textOf(part: Json | undefined, refuse: Refuse): string {
  const text = part?.['valueString']
  if (typeof text !== 'string') throw refuse('the part "name" is a valueString with the name of an element')
  return text
}
