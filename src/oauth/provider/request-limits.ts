/**
 * How often the endpoints that programs call may be called, by an address and by a client. Counted in each process: secrets, codes and
 * tokens have 256 bits, so that nobody guesses them; this bounds load, and each further process bears as much again.
 *
 * https://www.rfc-editor.org/rfc/rfc6585#section-4
 */
import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { networkOf } from '../accounts/sign-in-failures.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { sendError } from '../endpoints/send-error.ts'
import { claimedClient } from './audited-requests.ts'

type Ctx = Parameters<Middleware>[0]

/** A minute. Many clients may stand behind one address. */
const most = { client: 6_000, network: 12_000 } as const

const limited = /^(?:\/auth)?\/(?:token|reg)(?:\/|$)/

export interface RequestLimits {
  /** Before anything is read. */
  readonly byNetwork: Middleware
  /** After the body is read: who names the client of another does not use up what that one has. The trail has each refusal. */
  readonly byClient: Middleware
}

export function createRequestLimits({ scale, audit }: { scale: number; audit: AuditTrail }): RequestLimits {
  if (scale === 0) return { byNetwork: (_ctx, next) => next(), byClient: (_ctx, next) => next() }
  const limiter = (points: number) => new RateLimiterMemory({ points: Math.ceil(points * scale), duration: 60 })
  const networks = limiter(most.network)
  const clients = limiter(most.client)

  return {
    async byNetwork(ctx, next) {
      if (!limited.test(ctx.path)) return next()
      const used = await consumed(networks, networkOf(ctx.ip))
      if (used.consumedPoints <= networks.points) return next()
      refuse(ctx, used)
      // The first refusal of a minute leaves a row: one for each would be a load of its own.
      if (used.consumedPoints > networks.points + 1) return
      const detail = { about: ctx.path }
      await audit(ctx, { interaction: 'throttled', outcome: 'refused', status: 429, clientId: 'unknown', detail })
    },
    async byClient(ctx, next) {
      const claimed = limited.test(ctx.path) ? claimedClient(ctx) : undefined
      if (claimed === undefined) return next()
      const keys = [claimed, `${claimed} ${networkOf(ctx.ip)}`]
      for (const key of keys) {
        const used = await clients.get(key)
        if (used && used.consumedPoints >= clients.points) return refuse(ctx, used)
      }
      await next()
      await consumed(clients, isProven(ctx as KoaContextWithOIDC) ? keys[0]! : keys[1]!)
    },
  }
}

function refuse(ctx: Ctx, { msBeforeNext }: RateLimiterRes): void {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  ctx.set('Retry-After', String(seconds))
  sendError(ctx, 429, 'temporarily_unavailable', `Too many requests: try again in ${seconds} seconds.`)
}

/** Whether it is really that client; a public one cannot show it. */
function isProven(ctx: KoaContextWithOIDC): boolean {
  const { error } = (ctx.body ?? {}) as { error?: string }
  const client = ctx.oidc?.entities.Client
  return client !== undefined && client.clientAuthMethod !== 'none' && error !== 'invalid_client'
}

async function consumed(limiter: RateLimiterMemory, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key)
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused
    throw refused
  }
}
