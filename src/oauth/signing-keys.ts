/**
 * The keys that sign ID tokens, and the secrets that are derived from the master key.
 *
 * https://www.rfc-editor.org/rfc/rfc7517 and https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
 */
import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { installValue } from '../store/install-value.ts'
import { derivedKey } from '../store/master-key.ts'
import type { Handle } from '../store/store.ts'
import { seal, unseal } from '../store/seal.ts'

const name = 'oauth-signing-keys'
/** SMART clients expect RS256 for ID tokens; ES384 is there for those that ask for it at registration. */
const algorithms = ['RS256', 'ES384'] as const

type Database = Pick<Handle, 'query'>

export interface SigningKey {
  readonly key: JWK
  /** Seconds. Published before that, so that everybody who keeps our keys for a while knows it by then. */
  readonly signsFrom: number
  /** Published until then: what it signed is over. Absent: no other key is to follow. */
  readonly endsAt?: number
}

/** Seconds. Longer than anybody keeps our keys, and longer than a session whose ID token its app shows when it signs out. */
export const overlap = { before: 86_400, after: 86_400 } as const

/** One secret per purpose, so that none can be used in place of another. */
export function derivedSecret(masterKey: Buffer, purpose: string): Buffer {
  return derivedKey(masterKey, `oauth ${purpose}`)
}

/**
 * The private keys, made at the very first start and kept in the database, encrypted: every server process signs with the
 * same keys, a backup is complete, and a copy of the database alone signs nothing. When several processes start at once,
 * the first row wins and all read it.
 */
export async function loadSigningKeys(database: Database, secret: Buffer): Promise<readonly SigningKey[]> {
  const stored = await readSigningKeys(database, secret)
  if (stored) return stored
  const keys = await newKeys(0)
  await database.query('insert into install (name, value) values ($1, $2) on conflict (name) do nothing', [
    name,
    sealed(keys, secret),
  ])
  return (await readSigningKeys(database, secret)) ?? keys
}

export async function readSigningKeys(database: Database, secret: Buffer): Promise<readonly SigningKey[] | undefined> {
  const value = await installValue(database, name)
  return value && opened(value, secret)
}

/** What apps are shown, the key that signs first. */
export function publishedKeys(keys: readonly SigningKey[], now: number): JWK[] {
  const standing = keys.filter(({ endsAt = Number.POSITIVE_INFINITY }) => endsAt > now)
  const signing = standing.filter(({ signsFrom }) => signsFrom <= now).sort((a, b) => b.signsFrom - a.signsFrom)
  return [...signing, ...standing.filter(({ signsFrom }) => signsFrom > now)].map(({ key }) => key)
}

/** New keys, which sign after an overlap. After a leak they sign at once, and all others are gone. */
export function withNewKeys(keys: readonly SigningKey[], now: number, leaked: boolean): Promise<readonly SigningKey[]> {
  const next = keys.find(({ signsFrom }) => signsFrom > now)
  if (leaked) return newKeys(now)
  if (next) throw new Error(`New keys are published already; they sign from ${instant(next.signsFrom)} on.`)
  const signsFrom = now + overlap.before
  const older = keys.map((one) => ({ ...one, endsAt: one.endsAt ?? signsFrom + overlap.after }))
  return newKeys(signsFrom).then((newer) => [...older, ...newer])
}

/** Keys whose end has come leave the database too. */
export function withoutEnded(keys: readonly SigningKey[], now: number): readonly SigningKey[] {
  return keys.filter(({ endsAt = Number.POSITIVE_INFINITY }) => endsAt > now)
}

/** Undefined: there are none yet, or nothing changes. Of several processes that change them at once one does, and the others fail. */
export async function changeSigningKeys(
  database: Database,
  secret: Buffer,
  change: (keys: readonly SigningKey[]) => Promise<readonly SigningKey[]> | readonly SigningKey[],
): Promise<{ before: readonly SigningKey[]; after: readonly SigningKey[] } | undefined> {
  const value = await installValue(database, name)
  if (!value) return undefined
  const before = opened(value, secret)
  const after = await change(before)
  if (after.length === before.length && after.every((one, n) => one === before[n])) return undefined
  const rows = await database.query('update install set value = $2 where name = $1 and value = $3 returning true', [
    name,
    sealed(after, secret),
    value,
  ])
  if (rows.length === 0) throw new Error('Somebody else changed the signing keys at the same moment.')
  return { before, after }
}

export function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

function newKeys(signsFrom: number): Promise<readonly SigningKey[]> {
  return Promise.all(algorithms.map(async (alg) => ({ key: await newKey(alg), signsFrom })))
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

function sealed(keys: readonly SigningKey[], secret: Buffer): Buffer {
  return seal(JSON.stringify(keys), secret, name)
}

/** Keys that were never rotated may stand there on their own. */
function opened(value: Buffer, secret: Buffer): readonly SigningKey[] {
  try {
    const entries = JSON.parse(unseal(value, secret, name)) as readonly (SigningKey | JWK)[]
    return entries.map((entry) => ('signsFrom' in entry ? (entry as SigningKey) : { key: entry as JWK, signsFrom: 0 }))
  } catch (cause) {
    throw new Error('The signing keys in the database were made with another master key. Check MASTER_KEY_FILE.', {
      cause,
    })
  }
}
