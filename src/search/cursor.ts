import { createHmac, timingSafeEqual } from 'node:crypto'
import { FhirError } from '../fhir/error.ts'
import type { Position, SearchRequest } from './request.ts'

/** What a cursor belongs to: whoever changes any of it holds a cursor for nothing. */
export type Cursored = Pick<SearchRequest, 'type' | 'used' | 'within' | 'everyType'>

/**
 * Where the next page starts, as an opaque text that is signed together with the query, the sort and the principal, so that
 * it can be neither altered nor carried to another question or another person.
 */
export function createCursors(secret: Buffer) {
  function mac(payload: Buffer, { type, used, within, everyType = false }: Cursored, principalKey: string): Buffer {
    const asked = used.filter(([name]) => name !== '_count')
    const text = JSON.stringify([everyType || type, asked, principalKey, within?.type, within?.id])
    return createHmac('sha256', secret).update(payload).update('\n').update(text).digest().subarray(0, 16)
  }

  return {
    write(asked: Cursored, { values, rid }: Position, principalKey: string): string {
      const payload = Buffer.from(JSON.stringify([rid.toString(), ...values]))
      return Buffer.concat([mac(payload, asked, principalKey), payload]).toString('base64url')
    },

    read(asked: Cursored, cursor: string, principalKey: string): Position {
      const bytes = Buffer.from(cursor, 'base64url')
      const [signed, payload] = [bytes.subarray(0, 16), bytes.subarray(16)]
      const genuine = signed.length === 16 && timingSafeEqual(signed, mac(payload, asked, principalKey))
      // Decoding skips what is no base64url, so the text is compared as well.
      if (!genuine || bytes.toString('base64url') !== cursor) {
        throw new FhirError('invalidQuery', 'The cursor is not one of this search; start again without it.')
      }
      const [rid, ...values] = JSON.parse(payload.toString()) as [string, ...Position['values']]
      return { rid: BigInt(rid), values }
    },
  }
}

export type Cursors = ReturnType<typeof createCursors>
