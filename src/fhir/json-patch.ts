import { FhirError } from './error.ts'
import { Decimal, depthLimit, sameNumber } from './json.ts'
import { parsePointer, pathOfPointer } from './json-pointer.ts'
import type { Resource } from './resource.ts'

/**
 * JSON Patch: https://www.rfc-editor.org/rfc/rfc6902 as https://hl7.org/fhir/R4/http.html#patch uses it.
 *
 * Own code because the known library clones by JSON, which loses `Decimal`, and rests since its last CVE.
 */
interface Operation {
  readonly op: (typeof operationNames)[number]
  readonly path: readonly string[]
  readonly from: readonly string[]
  readonly value: unknown
  /** Makes the error that refuses this operation. */
  readonly refuse: (problem: 'malformed' | 'unprocessable', text: string) => FhirError
}

type Container = unknown[] | Record<string, unknown>

const operationNames = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const
/** Characters and nodes of the result: `copy` can double a resource with every operation. */
const weightLimit = 32 * 1024 * 1024
const nodeWeight = 16
/** Each operation may copy a list of any length. */
const mostOperations = 10_000

/**
 * The resource as the operations leave it; the given one stays as it is. Throws FhirError('malformed') for what is no
 * patch, ('unprocessable') for one that cannot be applied or whose test fails, both naming the operation's index.
 */
export function applyJsonPatch(resource: Resource, patch: unknown): Resource {
  if (!Array.isArray(patch)) throw new FhirError('malformed', 'A JSON Patch is an array of operations')
  if (patch.length > mostOperations)
    throw new FhirError('tooLarge', `A JSON Patch has ${mostOperations} operations at most`)
  const operations = patch.map((item, index) => parseOperation(item, index, resource.resourceType))
  let document: unknown = resource
  for (const operation of operations) document = apply(document, operation)
  if (weigh(document, 0, 0) > weightLimit) throw new FhirError('tooLarge', 'The patch makes the resource too large')
  if (!isObject(document) || document.resourceType !== resource.resourceType) {
    throw new FhirError('unprocessable', `A patch cannot turn a ${resource.resourceType} into something else`)
  }
  return document as Resource
}

function parseOperation(item: unknown, index: number, type: string): Operation {
  const given = isObject(item) ? item : {}
  const refuse: Operation['refuse'] = (problem, text) => {
    const name = typeof given.op === 'string' ? ` (${given.op} ${String(given.path)})` : ''
    const location = typeof given.path === 'string' ? pathOfPointer(type, given.path) : undefined
    const options = location === undefined ? {} : { expression: location }
    return new FhirError(problem, `Operation ${index}${name.slice(0, 200)}: ${text}`, options)
  }
  const op = operationNames.find((name) => name === given.op)
  if (!isObject(item) || op === undefined) throw refuse('malformed', `"op" is one of ${operationNames.join(', ')}`)
  const needsFrom = op === 'move' || op === 'copy'
  if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(item, 'value')) {
    throw refuse('malformed', '"value" is missing')
  }
  const path = parsePointer(item.path)
  const from = needsFrom ? parsePointer(item.from) : []
  if (!path) throw refuse('malformed', '"path" is not a JSON Pointer such as /name/0/given')
  if (!from) throw refuse('malformed', '"from" is not a JSON Pointer such as /name/0/given')
  return { op, path, from, value: item.value, refuse }
}

function apply(document: unknown, operation: Operation): unknown {
  const { op, path, from, value, refuse } = operation
  switch (op) {
    case 'add':
      return added(document, path, value, refuse)
    case 'remove':
      return removed(document, path, refuse)
    case 'replace':
      find(document, path, refuse)
      return path.length === 0 ? value : edited(document, path, refuse, (container, key) => set(container, key, value))
    case 'move':
      // "The "from" location MUST NOT be a proper prefix of the "path" location."
      if (path.length > from.length && from.every((key, at) => key === path[at])) {
        throw refuse('unprocessable', 'a value cannot be moved into itself')
      }
      return added(removed(document, from, refuse), path, find(document, from, refuse), refuse)
    case 'copy':
      return added(document, path, find(document, from, refuse), refuse)
    case 'test':
      if (!isSame(find(document, path, refuse), value)) throw refuse('unprocessable', 'the value is another one')
      return document
  }
}

function find(document: unknown, path: readonly string[], refuse: Operation['refuse']): unknown {
  return path.reduce((node, key) => member(node, key, refuse), document)
}

function member(node: unknown, key: string, refuse: Operation['refuse']): unknown {
  if (Array.isArray(node)) return node[index(node, key, node.length - 1, refuse)]
  if (isObject(node) && Object.hasOwn(node, key)) return node[key]
  throw refuse('unprocessable', `there is no "${key}"`)
}

function added(document: unknown, path: readonly string[], value: unknown, refuse: Operation['refuse']): unknown {
  if (path.length === 0) return value
  return edited(document, path, refuse, (container, key) => {
    if (!Array.isArray(container)) return set(container, key, value)
    return container.toSpliced(
      key === '-' ? container.length : index(container, key, container.length, refuse),
      0,
      value,
    )
  })
}

function removed(document: unknown, path: readonly string[], refuse: Operation['refuse']): unknown {
  if (path.length === 0) throw refuse('unprocessable', 'the whole resource cannot be removed')
  return edited(document, path, refuse, (container, key) => {
    member(container, key, refuse)
    if (Array.isArray(container)) return container.toSpliced(Number(key), 1)
    return Object.fromEntries(Object.entries(container).filter(([name]) => name !== key))
  })
}

/** Copies the containers along the path, and shares everything beside it. */
function edited(
  node: unknown,
  [key, ...rest]: readonly string[],
  refuse: Operation['refuse'],
  edit: (container: Container, key: string) => Container,
): Container {
  if (!isContainer(node) || key === undefined) throw refuse('unprocessable', `nothing can hold "${key}" there`)
  if (rest.length === 0) return edit(node, key)
  return set(node, key, edited(member(node, key, refuse), rest, refuse, edit))
}

function set(container: Container, key: string, value: unknown): Container {
  return Array.isArray(container) ? container.with(Number(key), value) : { ...container, [key]: value }
}

function index(array: readonly unknown[], key: string, last: number, refuse: Operation['refuse']): number {
  if (!/^(?:0|[1-9]\d{0,9})$/.test(key)) throw refuse('unprocessable', `"${key}" is no index of a list`)
  if (Number(key) > last) throw refuse('unprocessable', `the list has ${array.length} entries, so none at ${key}`)
  return Number(key)
}

/** RFC 6902 §4.6: members in any order, numbers by their value. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b || sameNumber(a, b)) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

/** Stops counting beyond the limit, so it costs no more than that. */
function weigh(node: unknown, sum: number, depth: number): number {
  if (typeof node === 'string') return sum + node.length
  if (!isContainer(node)) return sum + nodeWeight
  if (depth === depthLimit) throw new FhirError('tooLarge', `The patch nests deeper than ${depthLimit}`)
  let total = sum + nodeWeight
  for (const child of Object.values(node)) {
    if (total > weightLimit) return total
    total = weigh(child, total, depth + 1)
  }
  return total
}

function isContainer(node: unknown): node is Container {
  return Array.isArray(node) || isObject(node)
}

/** A JSON object; a `Decimal` is a number. */
function isObject(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node) && !(node instanceof Decimal)
}
