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
export function createAttachmentRows(pool: Queries, now: () => number): Pick<Attachments, 'attach' | 'find' | 'own'> {
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
      const [row] = await (within ?? pool).query<AttachmentRow>(
        `select ${attachmentColumns} from attachment a where rid = $1 and ver = coalesce($2, ver) order by ver desc limit 1`,
        [String(binary), version ?? null],
        'attachment-find',
      )
      return row && objectOf(row)
    },

    async own(tx, binary, owner) {
      const [row] = await tx.query<{ owned: boolean }>(
        'select own_attachment($1, $2, $3) as owned',
        [String(binary), owner.type, String(owner.rid)],
        'attachment-own',
      )
      return row!.owned
    },
  }
}

function lockRows(tx: Queries, binary: Rid): Promise<Pick<AttachmentRow, 'owner'>[]> {
  return tx.query('select owner from attachment where rid = $1 for update', [String(binary)], 'attachment-lock')
}

function isOwned(row: Pick<AttachmentRow, 'owner'>): boolean {
  return row.owner !== null
}

function ownedAlready(): FhirError {
  return new FhirError('conflict', 'A Binary that a resource refers to cannot be changed.')
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
