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

interface Spent {
  readonly minute: number
  readonly fetches: number
  readonly doubtful: number
  /** The latest one was in vain. */
  readonly failed: boolean
}

export type JwksCache = ReturnType<typeof createJwksCache>

const defaultLifetime = 300_000
/**
 * So many fetches a minute per URL, whoever asks: a set that must not be kept is fetched for each token, and nonsense must not make us
 * hammer a client's server. An unknown key id may be a new key, and a server that failed may be back, but neither is likely.
 */
const perMinute = { fetches: 60, doubtful: 10 }
const most = 1_000

export function createJwksCache(parts: {
  fetch: (url: string) => Promise<{ text: string; headers: { 'cache-control'?: string } }>
  now?: () => number
}) {
  const { fetch, now = Date.now } = parts
  const sets = new Map<string, KeySet>()
  const underWay = new Map<string, Promise<KeySet>>()
  const spent = new Map<string, Spent>()

  function maySpend(uri: string, unknown: boolean): boolean {
    const minute = Math.floor(now() / 60_000)
    const before = spent.get(uri)
    const { fetches, doubtful } = before?.minute === minute ? before : { fetches: 0, doubtful: 0 }
    const failed = before?.failed ?? false
    const doubt = unknown || failed ? 1 : 0
    if (fetches >= perMinute.fetches || doubtful + doubt > perMinute.doubtful) return false
    // The oldest goes; clearing all would give all of them their budget back.
    if (!before && spent.size >= most) spent.delete(spent.keys().next().value!)
    spent.set(uri, { minute, fetches: fetches + 1, doubtful: doubtful + doubt, failed })
    return true
  }

  function note(uri: string, failed: boolean): void {
    const before = spent.get(uri)
    if (before) spent.set(uri, { ...before, failed })
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
      if (!stale && !unknown) return
      // Without keys the assertion is refused, which is all that a client needs to hear.
      if (!underWay.has(uri) && !maySpend(uri, !stale)) return void (stale && sets.delete(uri))
      try {
        await loadOnce(uri)
        note(uri, false)
      } catch {
        note(uri, true)
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
