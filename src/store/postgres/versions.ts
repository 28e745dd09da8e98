import type { Rid } from '../../search/keys.ts'
import type { StoredVersion } from '../store.ts'

/** A row of a `_v` table as the driver gives it; flags are columns `f0`, `f1` … */
export interface VersionRow {
  id: string
  rid: Rid
  ver: number
  lu: bigint
  deleted: boolean
  json: string
  pat: Rid | null
  [flag: `f${number}`]: boolean | null
}

export const versionColumns = 'v.id, v.rid, v.ver, v.lu, v.deleted, v.json, v.pat'

/** A flag whose condition is unknown to SQL (null) is not given. */
export function storedVersion(type: string, row: VersionRow, flags: readonly string[] = []): StoredVersion {
  const { id, rid, ver, lu, deleted, json, pat } = row
  return {
    type,
    id,
    rid,
    version: ver,
    lastUpdated: Number(lu),
    deleted,
    json,
    pat,
    flags: Object.fromEntries(flags.map((name, n) => [name, row[`f${n}`] === true])),
  }
}
