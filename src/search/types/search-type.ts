import type { TypedValue } from '../../definitions/definitions.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Clause } from '../clause.ts'
import type { Codes } from '../codes.ts'
import type { Field } from '../field.ts'
import type { Period } from '../index-values.ts'
import type { InOrder } from '../in-order.ts'
import type { Key, Rid } from '../keys.ts'

/** How one type of search parameter is indexed and how it is matched: side by side, so that the two cannot drift. */
export interface SearchType {
  /** The modifiers that `match` knows, besides `:missing`, which every type has, and the negations `:not` and `:not-in`. */
  modifiers(field: Field): readonly string[]
  extract(field: Field, values: readonly TypedValue[], index: IndexBuilder, resource: Resource): void
  /** The values in a resource, for types that have them from elsewhere than the parameter's expression. */
  values?(field: Field, resource: Resource): readonly TypedValue[]
  /** The clause of one value, still escaped. Throws FhirError('invalidQuery') for one that the type cannot read. */
  match(field: Field, value: string, modifier: string | undefined, codes?: Codes): Clause
  /** Raised when values are indexed in another way: until they are, searches are refused rather than answered with too little. */
  readonly revision?: number
  /** The modifiers whose keys came after the first release, and are indexed on their own. */
  later?(field: Field): readonly string[]
  /** The fields of the resource that it is matched by, besides what it indexes itself. */
  leansOn?(field: Field): readonly Field[]
  /** The rows without a value, for types that tell by other means than the key that every present value leaves. */
  absence?(field: Field): Clause
}

/** Collects what the index will hold about one resource, or about one element of it. */
export interface IndexBuilder {
  /** The single patient of the resource. */
  readonly pat: Rid | null
  /** `filter`: into `fkeys`. What the field's rows are judged by stands in `akeys` as well. */
  key(field: Field, key: Key, filter?: boolean): void
  /** Into `fkeys` alone: what no version is judged by. */
  filter(key: Key): void
  /** That the field has any value. */
  present(field: Field): void
  string(key: Key, value: string): void
  number(key: Key, lo: number, hi: number): void
  period(field: Field, period: Period): void
  /** A unit of measure that is to be converted: the work of each is noted once. Throws FhirError('tooLarge') for too many. */
  unit(code: string): void
  /** The text that a key of the lexicon stands for. */
  text(entry: Key, text: string): void
  /** The words of a full-text parameter, as a tsvector is written. */
  words(key: Key, vector: string): void
  /** Of one element of the resource, which several composites may be matched on. */
  element(kind: Key, element: object): IndexBuilder
}

/** The rows that hold one of the keys; `selective` where few can; `judged: false` for keys that stand in no `akeys`. */
export function holding(
  field: Field,
  any: readonly Key[],
  how: { filter?: boolean; selective?: boolean; judged?: false; inOrder?: InOrder | undefined } = {},
): Clause {
  return {
    op: 'keys',
    any,
    ...(how.filter ? { filter: true } : {}),
    ...(how.selective ? { selective: true } : {}),
    ...(how.inOrder ? { inOrder: how.inOrder } : {}),
    judged: how.judged ?? field.judged,
  }
}

/** Whether the parameter has values of such types; where it cannot be told beforehand, it may have. */
export function hasAny({ parameter }: Field, types: readonly string[]): boolean {
  return parameter.valueTypes?.some((type) => types.includes(type)) ?? true
}
