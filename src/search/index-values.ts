import type { Key, Rid } from './keys.ts'

/** Everything the index holds about one version of one resource: made by `extract`, written by the store, never changed. */
export interface IndexValues {
  /** The single patient the resource is about: the target of the type's `patient` parameter; a Patient's own rid. */
  pat: Rid | null
  /** Indexed keys, and keys that only filter; sorted, unique, disjoint. */
  keys: readonly Key[]
  fkeys: readonly Key[]
  /** What access needs to judge this version: authors, actors, compartments, category. A subset of keys and fkeys or not. */
  akeys: readonly Key[]
  /** Security label mask (see access/labels.ts). */
  labels: number
  /** One period in epoch ms per date parameter with a column; the earliest and latest when the parameter repeats. */
  dates: Readonly<Record<string, readonly [lo: number, hi: number]>>
  strings: readonly (readonly [key: Key, value: string])[]
  numbers: readonly (readonly [key: Key, lo: number, hi: number])[]
  /** Every period of the repeating date parameters. */
  periods: readonly (readonly [key: Key, lo: number, hi: number])[]
}
