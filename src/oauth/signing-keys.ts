/**
 * The keys that sign ID tokens, and the secrets that are derived from the master key.
 *
 * https://www.rfc-editor.org/rfc/rfc7517
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { installValue } from '../store/install-value.ts'
import type { Handle } from '../store/store.ts'
import { seal, unseal } from '../store/seal.ts'

const name = 'oauth-signing-keys'
/** SMART clients expect RS256 for ID tokens; ES384 is there for those that ask for it at registration. */
const algorithms = ['RS256', 'ES384'] as const

/** One secret per purpose, so that none can be used in place of another. */
export function derivedSecret(masterKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', `chartshare oauth ${purpose}`, 32))
}

/**
 * The private keys, made at the very first start and kept in the database, encrypted: every server process signs with the
 * same keys, a backup is complete, and a copy of the database alone signs nothing. When several processes start at once,
 * the first row wins and all read it.
 */
export async function loadSigningKeys(database: Pick<Handle, 'query'>, secret: Buffer): Promise<JWK[]> {
  const stored = await readKeys(database, secret)
  if (stored) return stored
  const keys = await Promise.all(algorithms.map(newKey))
  await database.query('insert into install (name, value) values ($1, $2) on conflict (name) do nothing', [
    name,
    seal(JSON.stringify(keys), secret, name),
  ])
  return (await readKeys(database, secret)) ?? keys
}

async function readKeys(database: Pick<Handle, 'query'>, secret: Buffer): Promise<JWK[] | undefined> {
  const sealed = await installValue(database, name)
  return sealed && (JSON.parse(open(sealed, secret)) as JWK[])
}

async function newKey(alg: (typeof algorithms)[number]): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  return {
    ...(await exportJWK(privateKey)),
    use: 'sig',
    alg,
    kid: `${alg.toLowerCase()}-${randomBytes(6).toString('hex')}`,
  }
}

function open(sealed: Buffer, key: Buffer): string {
  try {
    return unseal(sealed, key, name)
  } catch (cause) {
    throw new Error('The signing keys in the database were made with another master key. Check MASTER_KEY_FILE.', {
      cause,
    })
  }
}
