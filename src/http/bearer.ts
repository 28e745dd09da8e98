import type { ServerResponse } from 'node:http'
import type { ParameterizedContext } from 'koa'
import type { Context, Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RequestState } from './request-state.ts'

/** `presented`: what shows that the sender has the key of a token that is bound to one. */
export type CallerOf = (
  token: string,
  presented?: {
    readonly proof: string
    readonly method: string
    readonly path: string
    /** Asked before the proof is used up. */
    readonly admit: (principal: Principal) => Promise<void>
  },
) => {
  /** Who the token stood for the last time, if that is known; the same object if it still stands for the same. */
  presumed: Principal | undefined
  principal: Promise<Principal | undefined>
}

interface Parts {
  callerOf: CallerOf
  base: string
  rateLimit: RateLimit
}

/**
 * From an access token to who asks: a Bearer token, or one that is bound to a key (DPoP) with its proof. One SQL statement per
 * request finds token, account state, role and launch context. A search need not wait for it: see `Context.confirm`.
 *
 * https://www.rfc-editor.org/rfc/rfc6750 and https://www.rfc-editor.org/rfc/rfc9449#section-7
 */
export function createBearer({ callerOf, base, rateLimit }: Parts) {
  return async function bearer(ctx: ParameterizedContext<RequestState>): Promise<void> {
    const header = ctx.get('authorization')
    if (header === '') throw new FhirError('loginRequired', 'Send an access token: Authorization: Bearer …')
    const [, scheme, token] = /^(Bearer|DPoP) +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header) ?? []
    if (!token) throw expired()
    const { method, path } = ctx
    const presented = scheme?.length === 4 ? { proof: ctx.get('dpop'), method, path, admit: rateLimit } : undefined
    const { presumed, principal } = callerOf(token, presented)
    ctx.state.tokenMark = token.slice(-tokenMark)
    if (presumed && isSearch(ctx) && (await hasRoom(presumed))) presume(ctx, presumed, principal)
    else if (presented) ctx.state.caller = contextOf(ctx, await principal)
    else ctx.state.caller = await admitted(ctx, await principal)
  }

  /** Whoever is presumed is not charged before it is known that it is he who asks. */
  function hasRoom(presumed: Principal): Promise<boolean> {
    return rateLimit(presumed, 0).then(
      () => true,
      () => false,
    )
  }

  function presume(
    ctx: ParameterizedContext<RequestState>,
    presumed: Principal,
    principal: Promise<Principal | undefined>,
  ): void {
    // It is heard of where it is waited for.
    principal.catch(() => undefined)
    const context: Context = Object.assign(contextOf(ctx, presumed), {
      async confirm() {
        delete ctx.state.caller
        const now = await principal
        const caller = await admitted(ctx, now)
        ctx.state.caller = now === presumed ? context : caller
        return ctx.state.caller
      },
    })
    ctx.state.caller = context
  }

  async function admitted(ctx: ParameterizedContext<RequestState>, principal: Principal | undefined): Promise<Context> {
    if (principal) await rateLimit(principal)
    return contextOf(ctx, principal)
  }

  function contextOf(ctx: ParameterizedContext<RequestState>, principal: Principal | undefined): Context {
    if (!principal) throw expired()
    let gone: AbortController | undefined
    return {
      principal,
      base,
      requestId: ctx.state.requestId,
      now: new Date(),
      get signal() {
        return (gone ??= untilGone(ctx.res)).signal
      },
      ip: ctx.ip,
      ...(ctx.state.tokenMark === undefined ? {} : { token: ctx.state.tokenMark }),
      charge: (requests) => rateLimit(principal, requests),
    }
  }
}

/** "≤ 32 characters" of an opaque token, says BALP; what is left out must be beyond guessing. */
const tokenMark = 8

function expired(): FhirError {
  return new FhirError('expiredToken', 'The access token is unknown, expired or revoked. Sign in again.')
}

/** A search of one type by GET: no body that would be read before the token is known to be good. */
function isSearch({ method, path }: ParameterizedContext): boolean {
  return method === 'GET' && /^\/fhir\/[A-Za-z]+$/.test(path)
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
