import type { TypedValue } from '../../definitions/definitions.ts'
import type { Clause } from '../clause.ts'
import type { Field } from '../field.ts'
import type { Key, Rid } from '../keys.ts'

/** How one type of search parameter is indexed and how it is matched: side by side, so that the two cannot drift. */
export interface SearchType {
  /** The modifiers that `match` knows, besides `:missing`, which every type has. */
  modifiers(field: Field): readonly string[]
  extract(field: Field, values: readonly TypedValue[], index: IndexBuilder): void
  /** The clause of one value, still escaped. Throws FhirError('invalidQuery') for one that the type cannot read. */
  match(field: Field, value: string, modifier: string | undefined): Clause
}

/** Collects what the index will hold about one resource. */
export interface IndexBuilder {
  /** The single patient of the resource. */
  readonly pat: Rid | null
  /** `filter`: into `fkeys`. What the field's rows are judged by stands in `akeys` as well. */
  key(field: Field, key: Key, filter?: boolean): void
  /** That the field has any value. */
  present(field: Field): void
  string(key: Key, value: string): void
  number(key: Key, lo: number, hi: number): void
  period(field: Field, lo: number, hi: number): void
}

/** The rows that hold one of the keys; `selective` where few can. */
export function holding(
  field: Field,
  any: readonly Key[],
  how: { filter?: boolean; selective?: boolean } = {},
): Clause {
  return {
    op: 'keys',
    any,
    ...(how.filter ? { filter: true } : {}),
    ...(how.selective ? { selective: true } : {}),
    judged: field.judged,
  }
}
