import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'

export type RateLimit = (principal: Principal) => Promise<void>

const perMinute = { person: 6_000, system: 60_000 }

/**
 * FHIR requests per minute: 6,000 for a person, 60,000 for a backend client, each times `scale`; 0 switches it off.
 * Counted per process. Throws FhirError('throttled') with the seconds to wait.
 */
export function createRateLimit(scale: number): RateLimit {
  if (scale === 0) return async () => undefined
  const limiter = (points: number) => new RateLimiterMemory({ points: Math.ceil(points * scale), duration: 60 })
  const persons = limiter(perMinute.person)
  const systems = limiter(perMinute.system)
  return async function rateLimit(principal) {
    const [limits, who] = principal.kind === 'person' ? [persons, principal.accountId] : [systems, principal.clientId]
    try {
      await limits.consume(who ?? principal.clientId)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      const seconds = Math.ceil(refused.msBeforeNext / 1000)
      throw new FhirError('throttled', `Too many requests: try again in ${seconds} seconds.`)
    }
  }
}
