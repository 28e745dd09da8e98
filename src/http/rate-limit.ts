import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'

/** `requests`: how many it counts as; 1 unless said otherwise. With 0 it is only asked whether there is room for one. */
export type RateLimit = (principal: Principal, requests?: number) => Promise<void>

const perMinute = { person: 6_000, system: 60_000 }

/**
 * FHIR requests per minute: 6,000 for a person, 60,000 for a backend client, each times `scale`; 0 switches it off. Each
 * entry of a Bundle counts as a request.
 * Counted per process. Throws FhirError('throttled') with the seconds to wait.
 */
export function createRateLimit(scale: number): RateLimit {
  if (scale === 0) return async () => undefined
  const limiter = (points: number) => new RateLimiterMemory({ points: Math.ceil(points * scale), duration: 60 })
  const persons = limiter(perMinute.person)
  const systems = limiter(perMinute.system)
  return async function rateLimit(principal, requests = 1) {
    const [limits, who] = principal.kind === 'person' ? [persons, principal.accountId] : [systems, principal.clientId]
    const key = who ?? principal.clientId
    // A Bundle that is larger than the share of a minute takes the share of a whole one, and the Bundle itself is in it.
    const points = Math.min(requests, Math.max(1, limits.points - 1))
    // What is refused costs nothing, or a large Bundle would shut out the small requests that still fit.
    const used = requests === 1 ? null : await limits.get(key)
    if (used && used.consumedPoints + Math.max(1, points) > limits.points) throw throttled(used)
    if (requests === 0) return
    try {
      await limits.consume(key, points)
    } catch (refused) {
      throw refused instanceof RateLimiterRes ? throttled(refused) : refused
    }
  }
}

function throttled({ msBeforeNext }: RateLimiterRes): FhirError {
  const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1000))
  return new FhirError('throttled', `Too many requests: try again in ${retryAfter} seconds.`, { retryAfter })
}
