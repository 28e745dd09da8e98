import { attachmentColumns, type AttachmentRow, objectOf } from '../attachments/attachment-rows.ts'
import { all, type Clause } from '../../search/clause.ts'
import type { Keys } from '../../search/keys.ts'
import { clauseSql } from '../../search/sql.ts'
import type { Audit, Handle, ReadOptions, Resources, StoredVersion } from '../store.ts'
import { auditOfFound } from './audit-rows.ts'
import { createParams, listOf, type Params } from './params.ts'
import type { NameOf } from './statement-names.ts'
import { tableOf, type Tables } from './tables.ts'
import { storedVersion, versionColumns, type VersionRow } from './versions.ts'

interface Parts {
  query: Handle['query']
  keys: Keys
  tables: Tables
  nameOf: NameOf
  /** Keeps audit rows outside of the statement that reads; left out within a transaction, whose own they are. */
  record?: Audit['record']
}

/** From so many audited reads at once on, their audit rows share commits; fewer keep theirs in their own statement. */
const worthSharing = 3

/** The reads by id. The version's own row decides, never the current one: what access needs stands beside the JSON. */
export function createReads({ query, keys, tables, nameOf, record }: Parts): Pick<Resources, 'read' | 'vread'> {
  let audited = 0

  /** One caller alone saves a round trip; many save most of the commits, which cost more than the rows. */
  async function run(asked: Asked, from: string, options: ReadOptions): Promise<StoredVersion[]> {
    const { audit, ...unaudited } = options
    if (!audit) return select(asked, from, options)
    audited += 1
    try {
      if (!record || audited < worthSharing) return await select(asked, from, options)
      const found = await select(asked, from, unaudited)
      const seen = found.filter(({ deleted }) => !deleted)
      await Promise.all(
        seen.map(({ version, pat }) => record({ ...audit, version, patients: pat === null ? [] : [pat] })),
      )
      return found
    } finally {
      audited -= 1
    }
  }

  async function select(asked: Asked, from: string, options: ReadOptions): Promise<StoredVersion[]> {
    const { where = all, flags = {}, audit, object } = options
    const columns = [versionColumns, ...flagColumns(asked, flags), ...(object ? [attachmentColumns] : [])].join(', ')
    const bytes = object ? 'left join attachment a on a.rid = v.rid and a.ver = v.ver' : ''
    const found = `select ${columns} ${from} ${bytes} where ${condition(asked, where)}`
    const text = audit
      ? `with found as materialized (${found}), audited as (${auditOfFound(asked.params, audit)}) select * from found`
      : found
    const rows = await query<VersionRow & AttachmentRow>(text, asked.params.values, nameOf(text))
    return rows.map((row) => {
      const version = storedVersion(asked.type, row, Object.keys(flags))
      return object ? { ...version, object: row.object_key === null ? undefined : objectOf(row) } : version
    })
  }

  function asked(type: string): Asked {
    return { type, table: `"${tableOf(tables, type)}_v"`, params: createParams() }
  }

  function identity({ type, params }: Asked, id: string): string {
    return `v.rid = ${params.add(keys.ridOf(type, id))}::int8 and v.id = ${params.add(id)}::text`
  }

  return {
    async read(type, ids, options = {}) {
      const [one, ...others] = new Set(ids)
      if (one === undefined) return []
      const at = asked(type)
      if (others.length === 0) return run(at, latestOfOne(at, identity(at, one)), options)
      const unique = [one, ...others]
      const rids = unique.map((id) => keys.ridOf(type, id))
      return run(at, latestOfMany(at, rids, unique), options)
    },

    async vread(type, id, version, options = {}) {
      const at = asked(type)
      const exactly = `${identity(at, id)} and v.ver = ${at.params.add(version)}::int4`
      const [found] = await run(at, `from (select v.* from ${at.table} v where ${exactly}) v`, options)
      return found
    },
  }
}

interface Asked {
  readonly type: string
  readonly table: string
  readonly params: Params
}

/** The latest version is found first and judged afterwards: an older one must not show when the latest may not. */
function latestOfOne({ table }: Asked, identity: string): string {
  return `from (select v.* from ${table} v where ${identity} order by v.ver desc limit 1) v`
}

/** The id is compared as well: two ids that met in one rid must never be taken for each other. */
function latestOfMany({ table, params }: Asked, rids: readonly bigint[], ids: readonly string[]): string {
  return `from unnest(${params.add(listOf(rids))}::int8[], ${params.add(ids)}::text[]) as asked(rid, id)
    cross join lateral (select v.* from ${table} v where v.rid = asked.rid and v.id = asked.id
      order by v.ver desc limit 1) v`
}

function flagColumns(asked: Asked, flags: NonNullable<ReadOptions['flags']>): string[] {
  return Object.values(flags).map((clause, n) => `(${condition(asked, clause)}) as f${n}`)
}

function condition({ type, params }: Asked, clause: Clause): string {
  return clauseSql(clause, { alias: 'v', type, of: 'version' }, params.values)
}
