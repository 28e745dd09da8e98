import { randomBytes } from 'node:crypto'
import type { Database } from './open-database.ts'

/** What belongs to this installation and lives, and is backed up, with its rows. */
export interface Installation {
  /** The secret behind every rid and key: made once, never changed, or nothing would be found again. */
  secret(): Promise<Buffer>
  /** The digest of the search parameters that the index was made with; undefined before the first. */
  searchDigest(): Promise<string | undefined>
  setSearchDigest(digest: string): Promise<void>
}

const secretBytes = 32

export function createInstallation({ query }: Pick<Database, 'query'>): Installation {
  async function value(name: string): Promise<Buffer | undefined> {
    const [row] = await query<{ value: Buffer }>('select value from install where name = $1', [name])
    return row?.value
  }

  return {
    async secret() {
      await query("insert into install values ('secret', $1) on conflict do nothing", [randomBytes(secretBytes)])
      return (await value('secret'))!
    },
    searchDigest: async () => (await value('search-digest'))?.toString('utf8'),
    async setSearchDigest(digest) {
      await query(
        "insert into install values ('search-digest', $1) on conflict (name) do update set value = excluded.value",
        [Buffer.from(digest)],
      )
    },
  }
}
