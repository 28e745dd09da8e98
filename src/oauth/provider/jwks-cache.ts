/**
 * The public keys behind the `jwks_uri` of clients.
 *
 * "Servers SHALL NOT cache a JWK Set for longer than the time indicated by the Cache-Control header".
 * https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
 */
import type { JWK } from 'jose'

interface KeySet {
  readonly keys: readonly JWK[]
  readonly freshUntil: number
}

export type JwksCache = ReturnType<typeof createJwksCache>

const defaultLifetime = 300_000
/** An unknown key id may be a new key, but nonsense must not make us hammer the client's server: so many a minute. */
const unknownKeysPerMinute = 10
const most = 1_000

export function createJwksCache(parts: {
  fetch: (url: string) => Promise<{ text: string; headers: { 'cache-control'?: string } }>
  now?: () => number
}) {
  const { fetch, now = Date.now } = parts
  const sets = new Map<string, KeySet>()
  const underWay = new Map<string, Promise<KeySet>>()
  const unknownKeys = new Map<string, { minute: number; count: number }>()

  function mayAskForUnknown(uri: string): boolean {
    const minute = Math.floor(now() / 60_000)
    const before = unknownKeys.get(uri)
    const count = before?.minute === minute ? before.count + 1 : 1
    if (unknownKeys.size >= most) unknownKeys.clear()
    unknownKeys.set(uri, { minute, count })
    return count <= unknownKeysPerMinute
  }

  async function load(uri: string): Promise<KeySet> {
    const { text, headers } = await fetch(uri)
    const set = { keys: publicKeys(text), freshUntil: now() + lifetime(headers['cache-control'] ?? '') }
    if (sets.size >= most) sets.delete(sets.keys().next().value!)
    sets.set(uri, set)
    return set
  }

  /** One fetch at a time per URL: whoever asks meanwhile waits for its outcome. */
  function loadOnce(uri: string): Promise<KeySet> {
    const started = underWay.get(uri) ?? load(uri).finally(() => underWay.delete(uri))
    underWay.set(uri, started)
    return started
  }

  return {
    /** Makes sure that `known` answers what may be used right now for an assertion signed with `kid`. */
    async refresh(uri: string, kid: string | undefined): Promise<void> {
      const set = sets.get(uri)
      const stale = !set || set.freshUntil <= now()
      const unknown = !set?.keys.some((key) => key.kid === kid)
      if (!stale && !(unknown && mayAskForUnknown(uri))) return
      try {
        await loadOnce(uri)
      } catch {
        // Without keys the assertion is refused, which is all that a client needs to hear.
        if (stale) sets.delete(uri)
      }
    },
    known(uri: string): readonly JWK[] {
      return sets.get(uri)?.keys ?? []
    },
  }
}

function lifetime(cacheControl: string): number {
  if (/no-store|no-cache/i.test(cacheControl)) return 0
  const [, seconds] = /max-age=(\d+)/i.exec(cacheControl) ?? []
  return seconds === undefined ? defaultLifetime : Number(seconds) * 1000
}

/** What we can verify with, and no private part: a set that holds one has been published by mistake. */
function publicKeys(text: string): JWK[] {
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('not a JWK Set')
  return (keys as JWK[]).filter(
    (key) =>
      (key?.kty === 'RSA' && typeof key.n === 'string' && typeof key.e === 'string' && !key.d) ||
      (key?.kty === 'EC' && typeof key.x === 'string' && typeof key.y === 'string' && !key.d),
  )
}
