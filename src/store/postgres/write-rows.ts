import type { IndexValues } from '../../search/index-values.ts'
import type { Rid } from '../../search/keys.ts'
import type { Write } from '../store.ts'
import type { Column } from './params.ts'
import { tableOf, type Tables } from './tables.ts'

/**
 * What a write does to the current rows: `insert` a new identity, `insertIfFree` one whose id a client chose, `insertAgain`
 * after a deletion, `update`, `delete`. All but the first depend on what is there.
 */
export type Deed = 'insert' | 'insertIfFree' | 'insertAgain' | 'update' | 'delete'

/** A write as the statement sees it: a row of its source `w`. */
export interface WriteRow {
  readonly n: number
  readonly table: string
  readonly deed: Deed
  readonly rid: Rid
  readonly id: string
  readonly expected: number
  readonly lu: number
  /** Undefined for a deletion, like the JSON. */
  readonly index: IndexValues | undefined
  readonly json: string | null
  /** The lo and hi of each date column of the table and the zones of both, in the order of the columns. */
  readonly dates: readonly (number | null)[]
}

export function writeRow(tables: Tables, write: Write, n: number): WriteRow {
  const table = tableOf(tables, write.type)
  const { rid, id, lastUpdated: lu } = write
  const expected = write.kind === 'create' ? 0 : write.expectedVersion
  const row = { n, table, deed: deedOf(write), rid, id, expected, lu }
  if (write.kind === 'delete') return { ...row, index: undefined, json: null, dates: [] }
  const { index, json } = write
  return { ...row, index, json, dates: tables.get(table)!.flatMap((column) => datesOf(index, column)) }
}

function datesOf({ dates }: IndexValues, column: string): (number | null)[] {
  const [lo = null, hi = null, loZone = null, hiZone = null] = dates[column] ?? []
  return [lo, hi, loZone, hiZone]
}

function deedOf(write: Write): Deed {
  if (write.kind === 'delete') return 'delete'
  if (write.kind === 'update') return write.revive ? 'insertAgain' : 'update'
  // The rid of an id that the server made has its top bit clear, and is new; see search/keys.ts.
  return write.rid < 0n ? 'insertIfFree' : 'insert'
}

export const identityColumns: readonly Column<WriteRow>[] = [
  { name: 'rid', type: 'int8', of: ({ rid }) => rid },
  { name: 'expected', type: 'int4', of: ({ expected }) => expected },
  { name: 'lu', type: 'int8', of: ({ lu }) => lu },
  { name: 'id', type: 'text', of: ({ id }) => id },
]

export const contentColumns: readonly Column<WriteRow>[] = [
  { name: 'pat', type: 'int8', of: ({ index }) => index?.pat ?? null },
  { name: 'labels', type: 'int4', of: ({ index }) => index?.labels ?? null },
  { name: 'keys', type: 'int8[]', of: ({ index }) => index?.keys ?? null },
  { name: 'fkeys', type: 'int8[]', of: ({ index }) => index?.fkeys ?? null },
  { name: 'akeys', type: 'int8[]', of: ({ index }) => index?.akeys ?? null },
  { name: 'dates', type: 'int8[]', of: ({ dates }) => dates },
  { name: 'json', type: 'text', of: ({ json }) => json },
]

export const placeColumns: readonly Column<WriteRow>[] = [
  { name: 'n', type: 'int4', of: ({ n }) => n },
  { name: 'tab', type: 'text', of: ({ table }) => table },
  { name: 'deed', type: 'text', of: ({ deed }) => deed },
]
