import type { Attached, Write } from '../store.ts'
import { type Column, oneRow, type Params } from './params.ts'

type Row = Attached & { readonly write: Write }

const columns: readonly Column<Row>[] = [
  { name: 'rid', type: 'int8', of: ({ write }) => write.rid },
  { name: 'object_key', type: 'text', of: ({ object }) => object.key },
  { name: 'size', type: 'int8', of: ({ object }) => object.size },
  { name: 'sha1', type: 'text', of: ({ object }) => object.sha1 },
  { name: 'sha256', type: 'text', of: ({ object }) => object.sha256 },
  { name: 'enc', type: 'int2', of: ({ object }) => object.enc },
  { name: 'content_type', type: 'text', of: ({ contentType }) => contentType },
  { name: 'uploader', type: 'int8', of: ({ uploader }) => uploader },
  { name: 'created', type: 'int8', of: ({ write }) => write.lastUpdated },
]

/** The part of a write statement that ties the first version of a Binary to its bytes; none for what has none. */
export function attachedPart(params: Params, write: Write, when: string | undefined): string[] {
  if (write.kind !== 'create' || !write.attached) return []
  const names = columns.map(({ name }) => name).join(', ')
  const row = oneRow(params, columns, { ...write.attached, write })
  const condition = when === undefined ? '' : ` where ${when}`
  return [`attached as (insert into attachment (ver, ${names}) select 1, row.* from (${row}) row${condition})`]
}
