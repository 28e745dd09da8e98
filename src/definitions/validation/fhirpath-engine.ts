import { createRequire } from 'node:module'
import type * as FhirPathLibrary from 'fhirpath'
import type { Bindings } from '../bindings.ts'
import { Decimal, numberOf } from '../../fhir/json.ts'
import { referencedType } from '../referenced-type.ts'
import type { Frame } from '../walk.ts'

/** Undefined where the expression yields nothing, or cannot be evaluated on the value. */
export type Evaluate = (value: unknown, frame: Frame) => boolean | undefined

export type FhirPathEngine = ReturnType<typeof createFhirPathEngine>

const require = createRequire(import.meta.url)

/**
 * Invariants in FHIRPath, by the library. It is loaded when the first invariant comes that the walkers cannot express: in the
 * middle of a request, which is why it is not imported.
 *
 * https://hl7.org/fhir/R4/fhirpath.html#functions for what FHIR adds.
 */
export function createFhirPathEngine({ bindings }: { bindings: Bindings }) {
  let loaded: { fhirpath: typeof FhirPathLibrary; options: object; model: object } | undefined

  function library() {
    if (loaded) return loaded
    const fhirpath = require('fhirpath') as typeof FhirPathLibrary
    const model = require('fhirpath/fhir-context/r4') as object
    const valueOf = (node: unknown): unknown => fhirpath.util.valData(node as never)
    const identity = fhirpath.compile('$this', model as never, { resolveInternalTypes: false })
    const userInvocationTable = {
      // The library's own compares every item with every other one.
      isDistinct: {
        arity: { 0: [] },
        fn: (nodes: unknown[]) => new Set(nodes.map(valueOf).map(keyOf)).size === nodes.length,
      },
      // Nothing is fetched: what a reference resolves to has the type that it names.
      resolve: {
        arity: { 0: [] },
        fn: (nodes: unknown[]) =>
          nodes.flatMap((node) => {
            const type = referencedType(valueOf(node) ?? {})
            return type === undefined ? [] : (identity({ resourceType: type }) as unknown[])
          }),
      },
      memberOf: {
        arity: { 1: ['String'] },
        fn: (nodes: unknown[], valueSet: string) => nodes.flatMap((node) => isMember(valueOf(node), valueSet) ?? []),
      },
    }
    const options = { userInvocationTable, traceFn: () => undefined }
    return (loaded = { fhirpath, options, model })
  }

  function isMember(value: unknown, valueSet: string): boolean | undefined {
    const list = bindings.codeList(valueSet)
    if (!list) return undefined
    if (typeof value === 'string') return list.codes.has(value)
    const { coding, system, code } = (value ?? {}) as { coding?: unknown; system?: string; code?: string }
    const codings = Array.isArray(coding) ? (coding as { system?: string; code?: string }[]) : [{ system, code }]
    return codings.some((one) => one.code !== undefined && list.has(one.system, one.code))
  }

  /** `path`: the type or the element of the context, e.g. `Patient.contact`. Throws when the expression is no FHIRPath. */
  function compile(expression: string, path: string): Evaluate {
    const { fhirpath, options, model } = library()
    const evaluate = fhirpath.compile({ base: path, expression }, model as never, options)
    const needsResource = expression.includes('%')
    return (value, frame) => {
      try {
        const variables = needsResource ? { ...constants, ...surroundings(frame) } : constants
        const result = evaluate(withoutDecimals(value, frame.copies), variables) as unknown[]
        return result.length === 0 ? undefined : result.length > 1 || result[0] !== false
      } catch {
        return undefined // what cannot be evaluated is no fault of the value
      }
    }
  }

  return { compile }
}

const constants = { sct: 'http://snomed.info/sct', loinc: 'http://loinc.org', ucum: 'http://unitsofmeasure.org' }

function surroundings({ resource, root, copies }: Frame) {
  return {
    resource: withoutDecimals(resource, copies),
    rootResource: withoutDecimals((root ?? { resource }).resource, copies),
  }
}

/** The library knows no `Decimal`. Expressions only read the copy, so that one serves them all. */
function withoutDecimals(value: unknown, copies: Frame['copies']): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Decimal) return numberOf(value)
  const known = copies.get(value)
  if (known !== undefined) return known
  const copy: unknown = Array.isArray(value)
    ? value.map((item) => withoutDecimals(item, copies))
    : copyOf(value, copies)
  copies.set(value, copy)
  return copy
}

function copyOf(value: object, copies: Frame['copies']): object {
  const copy: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) copy[key] = withoutDecimals(member, copies)
  return copy
}

function keyOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : `${typeof value} ${String(value)}`
}
