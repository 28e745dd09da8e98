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
  /** One period per date parameter with a column; the earliest and latest when the parameter repeats. */
  dates: Readonly<Record<string, Period>>
  strings: readonly (readonly [key: Key, value: string])[]
  numbers: readonly (readonly [key: Key, lo: number, hi: number])[]
  /** Every period of the repeating date parameters. */
  periods: readonly (readonly [key: Key, ...Period])[]
  /** The elements that composites are matched on. */
  elements: readonly ElementValues[]
  /** What `fkeys` stand for, where a search asks for the beginning of a text: each key of the lexicon with its text. */
  texts: readonly (readonly [key: Key, text: string])[]
  /** What full-text search finds: for each such parameter its words, as a tsvector is written. */
  words: readonly (readonly [key: Key, vector: string])[]
}

/** [lo, hi) in epoch ms, and the minutes east of UTC in which either end was written: absent for UTC, or for no zone. */
export type Period = readonly [
  lo: number,
  hi: number,
  loZone?: number | null | undefined,
  hiZone?: number | null | undefined,
]

/** The index of one element alone: like that of a resource, with its periods among the numbers. */
export interface ElementValues {
  /** The kind of element: what it is, and which components are read from it. */
  key: Key
  keys: readonly Key[]
  numbers: readonly (readonly [key: Key, lo: number, hi: number])[]
  strings: readonly (readonly [key: Key, value: string])[]
}
