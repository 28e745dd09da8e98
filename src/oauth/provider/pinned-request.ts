/**
 * Whatever the request says, its URL is the public one: oidc-provider makes every link, and the audience that it accepts of
 * a client's assertion, from the request. Its cookies come from one place, wherever it runs.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.4 (rejecting misdirected requests)
 */
import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import { holdsNul } from '../read-body.ts'
import { sendError } from '../endpoints/send-error.ts'

export function createPinnedRequest({ provider, publicUrl }: { provider: Provider; publicUrl: string }): Middleware {
  const { host, hostname, protocol } = new URL(publicUrl)
  const secure = protocol === 'https:'
  const pinned = Object.fromEntries(
    Object.entries({ host, hostname, protocol: protocol.slice(0, -1), secure }).map(([name, value]) => [
      name,
      { value, configurable: true },
    ]),
  )
  // The library makes contexts of its own from this one.
  Object.defineProperties(provider.request, pinned)

  return async function pinnedRequest(ctx, next) {
    // "GET http://elsewhere/auth/token": Koa would take the whole URL from the request line.
    if (!ctx.req.url?.startsWith('/')) return sendError(ctx, 421, 'invalid_request', `This server is ${publicUrl}.`)
    if (holdsNul(ctx.req.url)) return sendError(ctx, 400, 'invalid_request', 'The URL contains a NUL character.')
    Object.defineProperties(ctx.request, pinned)
    ctx.cookies = provider.createContext(ctx.req, ctx.res).cookies
    return next()
  }
}
