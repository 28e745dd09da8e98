import type { Rid } from '../search/keys.ts'

/** The bytes of an attachment, as the object store keeps them under a random key. */
export interface SavedObject {
  readonly key: string
  readonly size: number
  /** Base64 SHA-1, as `Attachment.hash` wants it, and hex SHA-256. */
  readonly sha1: string
  readonly sha256: string
  readonly enc: number
}

/** With what the row of a Binary's version says of them. */
export interface StoredObject extends SavedObject {
  readonly contentType: string
  readonly owner: { type: string; rid: Rid } | undefined
}
