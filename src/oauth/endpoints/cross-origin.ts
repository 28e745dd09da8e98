/**
 * Our endpoints that are called with a token, and never with a cookie, may be called from any site.
 *
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import type { Middleware } from 'koa'

const paths = /^\/auth\/(?:launch|connections|clients)(?:\/|$)/

export const crossOrigin: Middleware = async function crossOrigin(ctx, next) {
  if (!paths.test(ctx.path)) return next()
  ctx.set('Access-Control-Allow-Origin', '*')
  ctx.set('Access-Control-Expose-Headers', 'Link, WWW-Authenticate, Retry-After')
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('Access-Control-Allow-Methods', 'GET, POST, PATCH, DELETE')
  ctx.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, DPoP')
  ctx.set('Access-Control-Max-Age', '3600')
  ctx.status = 204
}
