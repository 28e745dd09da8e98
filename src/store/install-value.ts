import { randomBytes } from 'node:crypto'
import type { Handle } from './store.ts'

/**
 * The secret that turns values into index keys. It belongs to the rows that were made with it, so it stands in the same
 * database and in the same backup. When several servers start at once the first row wins.
 */
export async function installSecret(database: Pick<Handle, 'query'>): Promise<Buffer> {
  await database.query('insert into install (name, value) values ($1, $2) on conflict (name) do nothing', [
    'index-secret',
    randomBytes(32),
  ])
  return (await installValue(database, 'index-secret'))!
}

export async function installValue(database: Pick<Handle, 'query'>, name: string): Promise<Buffer | undefined> {
  const [row] = await database.query<{ value: Buffer }>('select value from install where name = $1', [name])
  return row?.value
}

export async function setInstallValue(database: Pick<Handle, 'query'>, name: string, value: Buffer): Promise<void> {
  await database.query(
    'insert into install (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
    [name, value],
  )
}
