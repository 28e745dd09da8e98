/**
 * Single-use codes: links in mails (256 bits) and invitation codes that a person types (80 bits). Only their keyed hash is kept.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Person } from '../people.ts'
import type { Database } from './account.ts'

export type Purpose = 'verify' | 'reset' | 'invite' | 'setup'

/** Codes that people type, from paper. */
const typedPurposes: readonly string[] = ['invite', 'recovery']

/** How long each kind of code can be used, as a Postgres interval. */
export const lifetimes = {
  verify: '72 hours',
  reset: '30 minutes',
  invite: '14 days',
  setup: '24 hours',
  address: '24 hours',
} as const

export interface Redeemed {
  readonly accountId: string | undefined
  readonly person: Person | undefined
}

/** `unknown`: never made. `spent`: used, expired, or tried too often. */
export type Refusal = 'unknown' | 'spent'

const most = { tries: 5 }

/** Crockford's alphabet: no letter that looks like a digit. https://www.crockford.com/base32.html */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

interface Row {
  account_id: string | null
  person_type: Person['type'] | null
  person_id: string
  person_rid: bigint
}

export type Codes = ReturnType<typeof createCodes>

export function createCodes({ secret }: { secret: Buffer }) {
  function hash(purpose: Purpose | 'recovery' | 'address', code: string): Buffer {
    const text = typedPurposes.includes(purpose) ? typed(code) : code
    return createHmac('sha256', secret).update(`${purpose}\u001f${text}`).digest()
  }

  async function refusal(database: Database, purpose: Purpose, code: string): Promise<Refusal> {
    const rows = await database.query('select from oauth_code where hash = $1', [hash(purpose, code)])
    return rows.length > 0 ? 'spent' : 'unknown'
  }

  return {
    hash,
    /** For a link: nothing to type, so as long as it wants to be. */
    newLinkCode: () => randomBytes(32).toString('base64url'),
    /** For paper: four groups of four letters and digits. */
    newTypedCode(): string {
      const letters = [...randomBytes(16)].map((byte) => alphabet[byte & 31]).join('')
      return letters.match(/.{4}/g)!.join('-')
    },

    /** What the code stands for, without using it; in a transaction the row stays locked until that ends. */
    async look(database: Database, purpose: Purpose, code: string): Promise<Redeemed | Refusal> {
      const [row] = await database.query<Row>(
        `select account_id, person_type, person_id, person_rid from oauth_code
         where hash = $1 and used_at is null and expires_at > now() and tries < $2 for update`,
        [hash(purpose, code), most.tries],
      )
      return row ? redeemed(row) : refusal(database, purpose, code)
    },

    /** Uses the code up. Of parallel uses one wins. */
    async redeem(database: Database, purpose: Purpose, code: string): Promise<Redeemed | Refusal> {
      const [row] = await database.query<Row>(
        `update oauth_code set used_at = now()
         where hash = $1 and used_at is null and expires_at > now() and tries < $2
         returning account_id, person_type, person_id, person_rid`,
        [hash(purpose, code), most.tries],
      )
      return row ? redeemed(row) : refusal(database, purpose, code)
    },

    /** Counts a use that failed for another reason than the code, such as a wrong date of birth. */
    async countTry(database: Database, purpose: Purpose, code: string): Promise<void> {
      await database.query('update oauth_code set tries = tries + 1 where hash = $1', [hash(purpose, code)])
    },
  }
}

function redeemed(row: Row): Redeemed {
  const { person_type: type, person_id: id, person_rid: rid } = row
  return { accountId: row.account_id ?? undefined, person: type ? { type, id, rid: BigInt(rid) } : undefined }
}

/** As people type: small letters, spaces, and O, I or L for the digits that they look like. */
function typed(code: string): string {
  return code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}
