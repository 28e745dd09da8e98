/**
 * The second factors of accounts as rows. Whatever may be used once is used up by one statement, so that of parallel uses one
 * wins, on whichever server process.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#reqauthtype
 */
import { randomUUID } from 'node:crypto'
import type { Database } from './account.ts'
import type { Passkey } from './passkeys.ts'

export interface Factor {
  readonly id: string
  readonly name: string
  readonly created: Date
  readonly lastUsed: Date | undefined
  /** The sealed secret of an authenticator app, or else a passkey. */
  readonly secret?: Buffer
  readonly passkey?: Passkey
}

interface Row {
  id: string
  name: string
  created: Date
  last_used: Date | null
  secret: Buffer | null
  credential_id: string
  public_key: Buffer
  counter: string
  transports: string[]
}

export async function factorsOf(database: Database, accountId: string): Promise<Factor[]> {
  const rows = await database.query<Row>(
    `select id, name, created, last_used, secret, credential_id, public_key, counter, transports
     from oauth_factor where account_id = $1 order by created, id`,
    [accountId],
    'factors-of',
  )
  return rows.map(factorOf)
}

export async function addAuthenticator(
  database: Database,
  { accountId, name, secret, step }: { accountId: string; name: string; secret: Buffer; step: number },
): Promise<void> {
  await database.query(
    `insert into oauth_factor (id, account_id, kind, name, secret, last_step) values ($1, $2, 'totp', $3, $4, $5)`,
    [randomUUID(), accountId, name, secret, step],
  )
}

/** False: this passkey is somebody's already. */
export async function addPasskey(
  database: Database,
  accountId: string,
  name: string,
  passkey: Passkey,
): Promise<boolean> {
  const { credentialId, publicKey, counter, transports } = passkey
  const rows = await database.query(
    `insert into oauth_factor (id, account_id, kind, name, credential_id, public_key, counter, transports)
     values ($1, $2, 'passkey', $3, $4, $5, $6, $7) on conflict (credential_id) do nothing returning true`,
    [randomUUID(), accountId, name, credentialId, publicKey, counter, transports],
  )
  return rows.length > 0
}

/** False: a code of this or a later step was used already. */
export async function useStep(database: Database, id: string, step: number): Promise<boolean> {
  const rows = await database.query(
    `update oauth_factor set last_step = $2, last_used = now() where id = $1 and last_step < $2 returning true`,
    [id, step],
  )
  return rows.length > 0
}

/** False: the authenticator counted less than before, so there are two of it. Some never count. */
export async function useCounter(database: Database, id: string, counter: number): Promise<boolean> {
  const rows = await database.query(
    `update oauth_factor set counter = $2, last_used = now()
     where id = $1 and (counter < $2 or (counter = 0 and $2 = 0)) returning true`,
    [id, counter],
  )
  return rows.length > 0
}

export async function renameFactor(database: Database, accountId: string, id: string, name: string): Promise<boolean> {
  const rows = await database.query(
    `update oauth_factor set name = $3 where id::text = $2 and account_id = $1 returning true`,
    [accountId, id, name],
  )
  return rows.length > 0
}

export async function removeFactor(database: Database, accountId: string, id: string): Promise<boolean> {
  const rows = await database.query(`delete from oauth_factor where id::text = $2 and account_id = $1 returning true`, [
    accountId,
    id,
  ])
  return rows.length > 0
}

export async function removeAllFactors(database: Database, accountId: string): Promise<void> {
  await database.query(
    `with codes as (delete from oauth_recovery_code where account_id = $1), begun as (delete from oauth_sign_in where account_id = $1)
     delete from oauth_factor where account_id = $1`,
    [accountId],
  )
}

function factorOf(row: Row): Factor {
  const { id, name, created, last_used: lastUsed, secret } = row
  const common = { id, name, created, lastUsed: lastUsed ?? undefined }
  if (secret) return { ...common, secret }
  const { credential_id: credentialId, public_key: publicKey, counter, transports } = row
  return { ...common, passkey: { credentialId, publicKey, counter: Number(counter), transports } }
}
