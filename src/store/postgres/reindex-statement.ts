import type { IndexValues } from '../../search/index-values.ts'
import type { Rid } from '../../search/keys.ts'
import type { Statement } from '../../search/request.ts'
import { createParams, manyRows } from './params.ts'
import { updateCurrent } from './row-statements.ts'
import { sideParts } from './side-values.ts'
import type { Tables } from './tables.ts'
import { contentColumns, identityColumns, writeRow } from './write-rows.ts'

interface Indexed {
  readonly id: string
  readonly rid: Rid
  readonly version: number
  readonly lastUpdated: number
  readonly index: IndexValues
}

/** Replaces the index values of rows that the transaction holds locked; neither version, time nor JSON changes. */
export function reindexStatement(tables: Tables, type: string, rows: readonly Indexed[]): Statement {
  const params = createParams()
  const writes = rows.map(({ version, ...row }, n) =>
    writeRow(tables, { ...row, kind: 'update', type, expectedVersion: version - 1, revive: false, json: '' }, n),
  )
  const table = writes[0]!.table
  const parts = [
    `w as materialized (${manyRows(params, [...identityColumns, ...contentColumns], writes)})`,
    `m as (${updateCurrent(tables, table, 's.ver = w.expected + 1')})`,
    `v as (update "${table}_v" v set pat = w.pat, labels = w.labels, akeys = w.akeys from w
       where v.rid = w.rid and v.ver = w.expected + 1
         and (v.pat, v.labels, v.akeys) is distinct from (w.pat, w.labels, w.akeys))`,
    ...sideParts(params, writes, { replaces: 'true', when: undefined }),
  ]
  return { text: `with ${parts.join(',\n')}\nselect count(*) from w`, values: params.values, sharesPlan: false }
}
