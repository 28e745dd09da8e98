import fhirpath from 'fhirpath'
import model from 'fhirpath/fhir-context/r4'

export interface Resource {
  readonly resourceType: string
  readonly id: string
  readonly [element: string]: unknown
}

/** An element that FHIRPath found, with its FHIR type. */
export interface Found {
  readonly type: string
  readonly value: unknown
}

type Evaluate = (resource: unknown) => unknown[]
const compiled = new Map<string, Evaluate>()

/**
 * What an expression finds in a resource. The alternatives of a union are evaluated one by one, because the library cannot
 * compare all data types, and those of other resource types are left out.
 */
export function valuesOf(expression: string, resource: Resource): Found[] {
  return alternatives(expression, resource.resourceType).flatMap((path) => evaluated(path, resource))
}

/** The elements of a composite, each as a path that leads to it. */
export function elementPaths(expression: string, resource: Resource): string[] {
  return alternatives(expression, resource.resourceType).flatMap((path) =>
    evaluated(path, resource).map((_, n) => `(${path})[${n}]`),
  )
}

export function evaluated(path: string, resource: Resource): Found[] {
  const evaluate = compiled.get(path) ?? compile(path)
  compiled.set(path, evaluate)
  const nodes = evaluate(resource)
  const types = fhirpath.types(nodes)
  return nodes.flatMap((node, n) => {
    const value = typeof node === 'object' && node !== null && 'data' in node ? node.data : node
    return value === undefined || value === null ? [] : [{ type: types[n]!.replace(/^(FHIR|System)\./, ''), value }]
  })
}

function alternatives(expression: string, resourceType: string): string[] {
  return expression
    .split(/\s*\|\s*/)
    .map((path) => path.replace(/^(\(*)(?:Domain)?Resource\b/, `$1${resourceType}`))
    .filter((path) => /^\(*([A-Za-z]+)/.exec(path)?.[1] === resourceType)
}

function compile(path: string): Evaluate {
  const resolve = (references: readonly unknown[]) => references.flatMap(referred)
  return fhirpath.compile(path, model, {
    resolveInternalTypes: false,
    userInvocationTable: { resolve: { fn: resolve, arity: { 0: [] } } },
  }) as Evaluate
}

/** `resolve() is Patient` asks for the type alone, and a reference names that. */
function referred(node: unknown): unknown[] {
  const { reference = '', type } = node as { reference?: string; type?: string }
  const named =
    /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]+(?:\/_history\/[A-Za-z0-9\-.]+)?$/.exec(reference)?.[1] ?? type
  return named === undefined
    ? []
    : (fhirpath.evaluate({ resourceType: named }, '$this', {}, model, { resolveInternalTypes: false }) as unknown[])
}
