import type { ServerResponse } from 'node:http'
import type { ParameterizedContext } from 'koa'
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RequestState } from './request-state.ts'

interface Parts {
  principalOf: (token: string) => Promise<Principal | undefined>
  base: string
  rateLimit: RateLimit
}

/**
 * From a Bearer token to who asks. One SQL statement per request finds token, account state, role and launch context.
 *
 * https://www.rfc-editor.org/rfc/rfc6750
 */
export function createBearer({ principalOf, base, rateLimit }: Parts) {
  return async function bearer(ctx: ParameterizedContext<RequestState>): Promise<void> {
    const header = ctx.get('authorization')
    if (header === '') throw new FhirError('loginRequired', 'Send an access token: Authorization: Bearer …')
    const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header)?.[1]
    const principal = token && (await principalOf(token))
    if (!principal)
      throw new FhirError('expiredToken', 'The access token is unknown, expired or revoked. Sign in again.')
    await rateLimit(principal)
    let gone: AbortController | undefined
    ctx.state.caller = {
      principal,
      base,
      requestId: ctx.state.requestId,
      now: new Date(),
      get signal() {
        return (gone ??= untilGone(ctx.res)).signal
      },
      ip: ctx.ip,
      charge: (requests) => rateLimit(principal, requests),
    }
  }
}

/** Made when it is asked for: few interactions can stop half-way. */
function untilGone(res: ServerResponse): AbortController {
  const gone = new AbortController()
  if (res.closed) gone.abort()
  else {
    res.once('close', () => {
      if (!res.writableFinished) gone.abort()
    })
  }
  return gone
}
