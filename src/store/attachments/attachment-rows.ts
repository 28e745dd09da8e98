import { FhirError } from '../../fhir/error.ts'
import type { Rid } from '../../search/keys.ts'
import type { Attachments, Handle } from '../store.ts'
import type { StoredObject } from '../stored-object.ts'

/** A handle or a transaction. */
type Queries = Pick<Handle, 'query'>

/** A row as the driver gives it; joined to versions that may have none, all is null. */
export interface AttachmentRow {
  object_key: string
  size: bigint
  sha1: string
  sha256: string
  enc: number
  content_type: string
  owner_type: string | null
  owner: bigint | null
}

export const attachmentColumns = 'a.object_key, a.size, a.sha1, a.sha256, a.enc, a.content_type, a.owner_type, a.owner'

/** The table `attachment`: one row per version of a Binary. The owner, once set, stands in all of them. */
export function createAttachmentRows(
  pool: Queries,
  now: () => number,
): Pick<Attachments, 'attach' | 'find' | 'own' | 'retire'> {
  return {
    async attach(tx, binary, object) {
      if (binary.version > 1 && !(await retired(tx, binary.rid))) throw ownedAlready()
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
      const [row] = await (within ?? pool).query<AttachmentRow>(
        `select ${attachmentColumns} from attachment a where rid = $1 and ver = coalesce($2, ver) order by ver desc limit 1`,
        [String(binary), version ?? null],
        'attachment-find',
      )
      return row && objectOf(row)
    },

    // A statement that waited for another version knows only what was there before: the next one finds it.
    own: async (tx, binary, owner) => (await taken(tx, binary, owner)) || (await taken(tx, binary, owner)),
    retire: retired,
  }
}

async function taken(tx: Queries, binary: Rid, owner: { type: string; rid: Rid }): Promise<boolean> {
  const [row] = await tx.query<{ owned: boolean }>(
    `with taken as (update attachment set owner_type = $2, owner = $3 where rid = $1 and latest and owner is null returning rid),
       older as (update attachment a set owner_type = $2, owner = $3 from taken t
         where a.rid = t.rid and not a.latest and a.owner is null)
     select exists (select from taken)
       or exists (select from attachment where rid = $1 and owner_type = $2 and owner = $3) as owned`,
    [String(binary), owner.type, String(owner.rid)],
    'attachment-own',
  )
  return row!.owned
}

/** From now on the row is not the latest, unless somebody owns it: false then. */
async function retired(tx: Queries, binary: Rid): Promise<boolean> {
  const rows = await tx.query<Pick<AttachmentRow, 'owner'>>(
    'update attachment set latest = false where rid = $1 and latest returning owner',
    [String(binary)],
    'attachment-retire',
  )
  return rows.every(({ owner }) => owner === null)
}

function ownedAlready(): FhirError {
  const text = 'A Binary that a document refers to does not change: store another one and let the document refer to it.'
  return new FhirError('conflict', text, { expression: 'Binary' })
}

/** Of a version. */
export function objectOf(row: AttachmentRow): StoredObject {
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
