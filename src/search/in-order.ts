import type { IndexValues } from './index-values.ts'
import type { Key, Keys } from './keys.ts'
import { dateColumnOf } from './date-column.ts'

/**
 * What refers to one resource is kept in the order of a date, so that a page of it costs the same however much of it there is: a
 * mailbox. The same of what refers to two, by two parameters: what somebody got from somebody. The rows stand in `dat`.
 */
export interface InOrder {
  readonly parameter: string
  /** The column pair of the date. */
  readonly column: string
  /** What makes of the key of a reference the one under which its rows with such a date stand, and those without. */
  readonly dated: Key
  readonly undated: Key
}

/** By type: the reference parameters whose rows are kept in order, and the date parameter that orders them. */
export type Ordered = Readonly<Record<string, { readonly references: readonly string[]; readonly by: string }>>

export function inOrderOf(ordered: Ordered, keys: Keys, type: string, parameter: string): InOrder | undefined {
  const { references, by } = ordered[type] ?? {}
  if (!by || !references?.includes(parameter)) return undefined
  const salt = (which: string) => keys.key('in order', type, by, which)
  return { parameter, column: dateColumnOf(by), dated: salt('dated'), undated: salt('undated') }
}

/** A reference that a row holds, or is asked for. */
export type Held = readonly [key: Key, by: InOrder]

/** The rows of `dat` by which a resource that holds these references is found in order. */
export function orderedPeriods(held: readonly Held[], dates: IndexValues['dates']): IndexValues['periods'] {
  const pairs = held.flatMap((one) => held.flatMap((other) => pairOf(one, other) ?? []))
  const rows = [...held, ...pairs].map(([key, { column, dated, undated }]) => {
    const start = dates[column]?.[0]
    return start === undefined ? ([key ^ undated, 0] as const) : ([key ^ dated, start] as const)
  })
  return [...new Map(rows)].map(([key, start]) => [key, start, start])
}

/** One key for both, if they are of two parameters and come in the order of their names. */
export function pairOf([key, by]: Held, [other, { parameter }]: Held): Held[] | undefined {
  return by.parameter < parameter ? [[BigInt.asIntN(64, key * 31n) ^ other, by]] : undefined
}
