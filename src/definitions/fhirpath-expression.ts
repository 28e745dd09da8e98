import { Decimal, numberOf } from '../fhir/json.ts'
import type { TypedValue } from './definitions.ts'
import { referencedType } from './referenced-type.ts'

export type FhirPath = Awaited<ReturnType<typeof loadFhirPath>>

interface Node {
  readonly data?: unknown
}

/**
 * FHIRPath itself, for expressions that are more than a path. It takes 170 ms and 30 MB to load, so it is only loaded when
 * there is such an expression.
 */
export async function loadFhirPath() {
  const [{ default: fhirpath }, { default: model }] = await Promise.all([
    import('fhirpath'),
    import('fhirpath/fhir-context/r4'),
  ])
  const identity = fhirpath.compile('$this', model, { resolveInternalTypes: false })
  const userInvocationTable = { resolve: { fn: resolved, arity: { 0: [] } } }

  /** Nothing is fetched: what a reference resolves to has the type that its text names, and nothing else is known of it. */
  function resolved(references: readonly unknown[]): unknown[] {
    return references.flatMap((item) => {
      const type = referencedType(item)
      return type === undefined ? [] : (identity({ resourceType: type }) as unknown[])
    })
  }

  /** The values of the expression in a context of this type. Throws when it does not compile. */
  return function compile(expression: string, type: string): (context: unknown) => TypedValue[] {
    const path = /^[A-Z]/.test(type) ? { base: type, expression } : expression
    const evaluate = fhirpath.compile(path, model, { resolveInternalTypes: false, userInvocationTable })
    const evaluated = (copy: unknown): unknown[] => {
      try {
        return evaluate(copy) as unknown[]
      } catch {
        return [] // the expression does not fit this resource, e.g. several values where FHIRPath allows one
      }
    }
    return (context) => {
      const originals = new Map<unknown, unknown>()
      const nodes = evaluated(plain(context, originals))
      const types = fhirpath.types(nodes)
      return nodes.flatMap((node, at): TypedValue[] => {
        const data = typeof node === 'object' && node !== null && 'data' in node ? (node as Node).data : node
        if (data === undefined || data === null) return []
        return [{ type: fhirTypeOf(types[at]!), value: originals.get(data) ?? data }]
      })
    }
  }
}

/** A copy without `Decimal`, which the library may mark as it likes; `originals` leads from its objects back to ours. */
export function plain(value: unknown, originals: Map<unknown, unknown>): unknown {
  if (value instanceof Decimal) return numberOf(value)
  if (typeof value !== 'object' || value === null) return value
  const copy = Array.isArray(value)
    ? value.map((item) => plain(item, originals))
    : Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, originals)]))
  originals.set(copy, value)
  return copy
}

/** `FHIR.Quantity` is Quantity, and what FHIRPath computed itself, such as `System.Boolean`, the primitive of that name. */
function fhirTypeOf(name: string): string {
  const [namespace, type = ''] = name.split('.')
  return namespace === 'System' && type !== 'Quantity' ? type[0]!.toLowerCase() + type.slice(1) : type
}
