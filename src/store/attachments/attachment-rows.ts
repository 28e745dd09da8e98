import { FhirError } from '../../fhir/error.ts'
import type { Rid } from '../../search/keys.ts'
import { createBatched } from '../batched.ts'
import { listOf } from '../postgres/params.ts'
import type { Attachments, Handle, StoredObject } from '../store.ts'

/** A handle or a transaction. */
type Queries = Pick<Handle, 'query'>

interface Asked {
  readonly binary: Rid
  readonly version: number | null
}

interface Row {
  object_key: string
  size: bigint
  sha1: string
  sha256: string
  enc: number
  content_type: string
  owner_type: string | null
  owner: bigint | null
}

/** The table `attachment`: one row per version of a Binary. The owner, once set, stands in all of them. */
export function createAttachmentRows(pool: Queries, now: () => number): Pick<Attachments, 'attach' | 'find' | 'own'> {
  const find = createBatched((asked: readonly Asked[]) => objectsOf(pool, asked))

  return {
    async attach(tx, binary, object) {
      if (binary.version > 1 && (await lockRows(tx, binary.rid)).some(isOwned)) throw ownedAlready()
      await tx.query(
        `insert into attachment (rid, ver, object_key, size, sha1, sha256, enc, content_type, uploader, created)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          String(binary.rid),
          binary.version,
          object.key,
          object.size,
          object.sha1,
          object.sha256,
          object.enc,
          binary.contentType,
          String(binary.uploader),
          now(),
        ],
        'attachment-attach',
      )
    },

    async find(binary, version, within) {
      const asked = { binary, version: version ?? null }
      return within ? (await objectsOf(within, [asked]))[0] : find(asked)
    },

    async own(tx, binary, owner) {
      // First the lock: a statement sees only what was committed before it began, and another version may just be on its way.
      const rows = await lockRows(tx, binary)
      const free = rows.every((row) => !isOwned(row) || (row.owner_type === owner.type && row.owner === owner.rid))
      if (rows.length === 0 || !free) return false
      await tx.query(
        'update attachment set owner_type = $2, owner = $3 where rid = $1 and owner is null',
        [String(binary), owner.type, String(owner.rid)],
        'attachment-own',
      )
      return true
    },
  }
}

/** What the versions (null: the latest) say, one for each that is asked, in one statement. */
async function objectsOf({ query }: Queries, asked: readonly Asked[]): Promise<(StoredObject | undefined)[]> {
  const rows = await query<Row & { n: bigint }>(
    `select asked.n, object_key, size, sha1, sha256, enc, content_type, owner_type, owner
     from unnest($1::int8[], $2::int4[]) with ordinality as asked(rid, ver, n) cross join lateral (
       select * from attachment a where a.rid = asked.rid and a.ver = coalesce(asked.ver, a.ver)
       order by a.ver desc limit 1) found`,
    [listOf(asked.map(({ binary }) => binary)), listOf(asked.map(({ version }) => version))],
    'attachment-find',
  )
  const found = new Map(rows.map((row): [number, StoredObject] => [Number(row.n), objectOf(row)]))
  return asked.map((_, n) => found.get(n + 1))
}

function lockRows(tx: Queries, binary: Rid): Promise<Pick<Row, 'owner_type' | 'owner'>[]> {
  return tx.query(
    'select owner_type, owner from attachment where rid = $1 for update',
    [String(binary)],
    'attachment-lock',
  )
}

function isOwned(row: Pick<Row, 'owner'>): boolean {
  return row.owner !== null
}

function ownedAlready(): FhirError {
  return new FhirError('conflict', 'A Binary that a resource refers to cannot be changed.')
}

function objectOf(row: Row): StoredObject {
  return {
    key: row.object_key,
    size: Number(row.size),
    sha1: row.sha1,
    sha256: row.sha256,
    enc: row.enc,
    contentType: row.content_type,
    owner: row.owner === null ? undefined : { type: row.owner_type!, rid: BigInt(row.owner) },
  }
}
