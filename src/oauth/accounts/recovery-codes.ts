/**
 * Recovery codes: ten on paper, each good once, for the day on which the second factor is lost. Only keyed hashes are kept.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#lookupsecrets
 */
import type { Database } from './account.ts'
import type { Codes } from './codes.ts'

const count = 10

export type RecoveryCodes = ReturnType<typeof createRecoveryCodes>

export function createRecoveryCodes({ codes }: { codes: Codes }) {
  return {
    /** New ones in place of all earlier ones; they are told once. */
    async renew(database: Database, accountId: string): Promise<string[]> {
      const fresh = Array.from({ length: count }, codes.newTypedCode)
      await database.query(
        `with old as (delete from oauth_recovery_code where account_id = $1)
         insert into oauth_recovery_code (hash, account_id) select unnest($2::bytea[]), $1`,
        [accountId, fresh.map((code) => codes.hash('recovery', code))],
      )
      return fresh
    },

    /** Uses a code up; answers how many are left. Undefined: it is not one of this account's, or was used. */
    async use(database: Database, accountId: string, code: string): Promise<number | undefined> {
      const rows = await database.query(
        `update oauth_recovery_code set used_at = now() where hash = $1 and account_id = $2 and used_at is null returning true`,
        [codes.hash('recovery', code), accountId],
      )
      return rows.length > 0 ? this.left(database, accountId) : undefined
    },

    async left(database: Database, accountId: string): Promise<number> {
      const rows = await database.query(`select from oauth_recovery_code where account_id = $1 and used_at is null`, [
        accountId,
      ])
      return rows.length
    },
  }
}
