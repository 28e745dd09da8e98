import type { Rid } from '../../search/keys.ts'
import type { Attached, Write } from '../store.ts'
import { type Column, manyRows, oneRow, type Params } from './params.ts'

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

/** A Binary that a write takes, with the write. */
export interface TakenRow {
  readonly rid: Rid
  readonly version: number | undefined
  readonly ownerType: string
  readonly owner: Rid
}

const takenColumns: readonly Column<TakenRow>[] = [
  { name: 'rid', type: 'int8', of: ({ rid }) => rid },
  { name: 'ver', type: 'int4', of: ({ version }) => version ?? null },
  { name: 'owner_type', type: 'text', of: ({ ownerType }) => ownerType },
  { name: 'owner', type: 'int8', of: ({ owner }) => owner },
]

export function takesOf(writes: readonly Write[]): TakenRow[] {
  return writes.flatMap((write) => {
    const takes = write.kind === 'delete' ? [] : (write.takes ?? [])
    return takes.map(({ rid, version }) => ({ rid, version, ownerType: write.type, owner: write.rid }))
  })
}

/**
 * Adds the parts that give Binaries their owner, and answers the condition that all of them got it. The row of the latest version
 * comes first: whoever else wants the Binary waits for it, and finds it changed. Alone in its transaction a statement may take one
 * Binary at most: what it took of several stays taken when another one is missed.
 */
export function takenParts(params: Params, takes: readonly TakenRow[], parts: string[]): string | undefined {
  if (takes.length === 0) return undefined
  const owned = 'set owner_type = t.owner_type, owner = t.owner'
  parts.push(
    `takes as (${manyRows(params, takenColumns, takes)})`,
    `taken as (update attachment a ${owned} from takes t
       where a.rid = t.rid and a.ver = coalesce(t.ver, a.ver) and a.latest and a.owner is null
       returning a.rid, a.owner_type, a.owner)`,
    `taken_older as (update attachment a ${owned} from taken t where a.rid = t.rid and not a.latest and a.owner is null)`,
  )
  return `(select count(*) from taken) = ${params.add(takes.length)}::int8`
}
