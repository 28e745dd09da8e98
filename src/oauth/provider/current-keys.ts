/**
 * Every process signs with the keys of the moment, and publishes them, without a restart: they are read again when they are older
 * than a few seconds and somebody asks. The library has no way to other keys than a new provider; this is how it takes its first
 * ones (its version is pinned).
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
 */
import type { Middleware } from 'koa'
import type { JWK } from 'jose'
import type Provider from 'oidc-provider'
// @ts-expect-error -- the library has no types for it, and no other way to it
import initialize from 'oidc-provider/lib/helpers/initialize_keystore.js'
import type { Log } from '../log.ts'

interface Parts {
  provider: Provider
  /** What is to be published, the one that signs first. */
  readKeys: () => Promise<readonly JWK[]>
  log: Log
  now: () => number
}

/** Far below the overlap of old and new keys. */
const oldest = 10_000

/** "JWK Set SHOULD NOT be cached for longer": a leaked key leaves everywhere within minutes. */
const cacheSeconds = 300

export function createCurrentKeys({ provider, readKeys, log, now }: Parts): Middleware {
  const take = initialize as (this: Provider, set: { keys: readonly JWK[] }) => void
  let readAt = now()
  let reading: Promise<void> | undefined
  let taken = ''

  async function read(): Promise<void> {
    try {
      const keys = await readKeys()
      const order = keys.map(({ kid }) => kid).join(' ')
      if (order !== taken) take.call(provider, { keys })
      taken = order
      readAt = now()
    } catch (err) {
      // The keys of a moment ago still sign; a database that is away stops what needs it by itself.
      log.error({ err }, 'the signing keys could not be read')
    }
  }

  return async function currentKeys(ctx, next) {
    if (now() - readAt >= oldest) {
      reading ??= read().finally(() => (reading = undefined))
      await reading
    }
    await next()
    if (ctx.path === '/jwks' && ctx.status === 200) ctx.set('Cache-Control', `public, max-age=${cacheSeconds}`)
  }
}
