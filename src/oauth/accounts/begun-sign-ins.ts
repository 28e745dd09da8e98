/**
 * Sign-ins whose password was right and that wait for the second factor: ten minutes, in one browser, for any server process.
 * The browser holds a secret, the database its hash.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Multifactor_Authentication_Cheat_Sheet.html
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Database } from './account.ts'

/** How the first step of a sign-in was taken. */
export interface FirstStep {
  readonly amr: readonly string[]
  /** Another provider let the person pass without asking for anything just now. */
  readonly silent: boolean
}

export interface BegunSignIn {
  readonly hash: Buffer
  readonly accountId: string
  readonly first: FirstStep
  /** How the person proved who he is, once both factors are through and only the way on is left. */
  readonly passed: readonly string[] | undefined
}

interface Row {
  account_id: string
  first: string[]
  silent: boolean
  passed: string[] | null
}

export const begunSignInMinutes = 10

export type BegunSignIns = ReturnType<typeof createBegunSignIns>

export function createBegunSignIns({ database }: { database: Database }) {
  const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

  return {
    async begin(accountId: string, { amr, silent }: FirstStep): Promise<string> {
      const secret = randomBytes(32).toString('base64url')
      await database.query(
        `insert into oauth_sign_in (hash, account_id, expires_at, first, silent)
         values ($1, $2, now() + $3::int * interval '1 minute', $4, $5)`,
        [hashOf(secret), accountId, begunSignInMinutes, amr, silent],
      )
      return secret
    },

    async find(secret: string): Promise<BegunSignIn | undefined> {
      const [row] = await database.query<Row>(
        `select account_id, first, silent, passed from oauth_sign_in where hash = $1 and expires_at > now()`,
        [hashOf(secret)],
        'begun-sign-in',
      )
      if (!row) return undefined
      const first = { amr: row.first, silent: row.silent }
      return { hash: hashOf(secret), accountId: row.account_id, first, passed: row.passed ?? undefined }
    },

    /** The challenge that the next passkey has to answer. */
    async challenge({ hash }: BegunSignIn): Promise<string> {
      const challenge = randomBytes(32).toString('base64url')
      await database.query('update oauth_sign_in set challenge = $2 where hash = $1', [hash, challenge])
      return challenge
    },

    /** Good for one answer. */
    async takeChallenge({ hash }: BegunSignIn): Promise<string | undefined> {
      const [row] = await database.query<{ challenge: string }>(
        `with asked as (select hash, challenge from oauth_sign_in where hash = $1 and challenge is not null for update)
         update oauth_sign_in s set challenge = null from asked where s.hash = asked.hash returning asked.challenge`,
        [hash],
      )
      return row?.challenge
    },

    async pass({ hash }: BegunSignIn, amr: readonly string[]): Promise<void> {
      await database.query('update oauth_sign_in set passed = $2 where hash = $1', [hash, amr])
    },

    /** False: somebody else ended it first. */
    async end({ hash }: BegunSignIn): Promise<boolean> {
      const rows = await database.query('delete from oauth_sign_in where hash = $1 returning true', [hash])
      return rows.length > 0
    },
  }
}
