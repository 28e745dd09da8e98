import { depthLimit, numberOfLiteral } from '../../fhir/json.ts'
import { FhirError, type Problem } from '../../fhir/error.ts'
import type { LaidMember, Layout } from './layout.ts'

export type Json = Record<string, unknown>

/** An element that is open. */
export interface Frame {
  readonly parent: Frame | undefined
  /** The step of the FHIRPath that leads here: `.name[0]`; empty for a resource within an element. */
  readonly step: string
  /** What may stand inside. A slot takes a resource, and has no layout. */
  readonly layout: Layout | undefined
  /** What JSON will hold; of a primitive, its id and extensions. */
  object: Json | undefined
  /** How deep the JSON nests. */
  readonly depth: number
  /** Where a primitive or a resource goes once it is known. */
  readonly target: { readonly key: string; readonly laid: LaidMember } | undefined
  value?: unknown
  /** The last element inside: the next one may not stand before it. */
  last?: { readonly key: string; readonly laid: LaidMember }
  /** Lists of primitives of which one has an id or extensions. */
  padded?: Set<string>
}

export function refuseAt(frame: Frame | undefined, problem: Problem, text: string, below = ''): never {
  let place = below
  for (let at = frame; at; at = at.parent) place = at.step + place
  throw new FhirError(problem, text, place === '' ? {} : { expression: place })
}

export function depthBelow(frame: Frame, { isList }: LaidMember): number {
  const depth = frame.depth + (isList ? 2 : 1)
  if (depth > depthLimit) refuseAt(undefined, 'malformed', `The XML nests deeper than ${depthLimit}`)
  return depth
}

/** JSON's value of the attribute; what its type does not allow stays a string, and is refused by the validation. */
export function primitiveValue(type: string, text: string): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return numeric.has(type) ? (numberOfLiteral(text) ?? text) : text
}

const numeric = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt'])

export function attach(object: Json, { key, laid }: NonNullable<Frame['target']>, value: unknown): void {
  if (laid.isList) ((object[key] ??= []) as unknown[]).push(value)
  else object[key] = value
}

/** A value and what stands beside it, in a list at the same place in two lists, of which one is filled up with null. */
export function attachPrimitive(
  parent: Frame,
  target: NonNullable<Frame['target']>,
  value: unknown,
  beside: Json,
): void {
  const { key, laid } = target
  const object = parent.object!
  const hasBeside = Object.keys(beside).length > 0
  if (value !== undefined || laid.isList) attach(object, target, value ?? null)
  if (!hasBeside) return
  if (!laid.isList) {
    object[`_${key}`] = beside
    return
  }
  const besides = (object[`_${key}`] ??= []) as unknown[]
  while (besides.length < (object[key] as unknown[]).length - 1) besides.push(null)
  besides.push(beside)
  ;(parent.padded ??= new Set()).add(key)
}

export function fillUp({ object, padded }: Frame): void {
  for (const key of padded ?? []) {
    const values = object![key] as unknown[]
    const besides = object![`_${key}`] as unknown[]
    while (besides.length < values.length) besides.push(null)
    if (values.every((value) => value === null)) Reflect.deleteProperty(object!, key)
  }
}
