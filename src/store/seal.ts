/**
 * Keeps what has to be read again so that a copy of the database alone does not tell it: AES-256-GCM with a key derived from
 * the master key. What it belongs to is sealed in, so that it opens in no other place.
 *
 * https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export function seal(plain: string, key: Buffer, belongsTo: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(belongsTo))
  return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Throws when it was sealed with another key, belongs to something else, or was changed. */
export function unseal(sealed: Buffer, key: Buffer, belongsTo: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(belongsTo))
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString()
}
