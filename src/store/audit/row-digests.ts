import { createHmac } from 'node:crypto'

/** Bytes that a seal keeps of the hash of each of its rows. */
export const digestLength = 16

/**
 * All that a row says as one text, its place in the trail included. It is never changed: what is sealed was sealed in this form,
 * and a column that is added one day stands behind the others, where it is set.
 */
export const canonical = `jsonb_build_array(a.n, a.at, a.request_id, a.interaction, a.type, a.id, a.version, a.patients,
  a.account_id, a.person, a.client_id, a.outcome, a.status, a.query, a.ip, a.detail, a.token)::text`

export interface SealedRow {
  readonly n: bigint
  readonly at: bigint
  readonly text: string
}

/** The contents of a seal, as its head vouches for them. */
export interface Sealed {
  readonly seq: bigint
  readonly process: string
  readonly sealedAt: bigint
  /** The rows by number, as Postgres writes a multirange. */
  readonly rows: string
  readonly digests: Buffer
}

export const firstHead = Buffer.alloc(32)

export function digestOf(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, digestLength)
}

/** Each head stands on the one before, so that no seal can be changed, left out or put elsewhere. */
export function headOf(key: Buffer, before: Buffer, { seq, process, sealedAt, rows, digests }: Sealed): Buffer {
  const said = JSON.stringify([String(seq), process, String(sealedAt), rows])
  return createHmac('sha256', key).update(before).update(said).update(digests).digest()
}
