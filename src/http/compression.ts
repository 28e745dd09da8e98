import type { Middleware } from 'koa'
import compress from 'koa-compress'

/** Below this a compressed answer saves no packet. */
const threshold = 1024

/**
 * gzip, brotli and what else the caller can read, for the FHIR API and the browser app's files. Never for the pages of the
 * authorization server, where a secret could stand beside what a stranger chose: https://www.breachattack.com/. Bytes of
 * attachments are left as they are.
 */
export function createCompression(isStatic: (path: string) => boolean): Middleware {
  const compressed = compress({ threshold }) as Middleware
  return async function compression(ctx, next) {
    if (ctx.path !== '/fhir' && !ctx.path.startsWith('/fhir/') && !isStatic(ctx.path)) return next()
    await compressed(ctx, next)
    const [etag, encoding] = ['ETag', 'Content-Encoding'].map((name) => ctx.res.getHeader(name))
    // Other bytes, so no strong validator of these: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
    if (encoding !== undefined && typeof etag === 'string' && etag.startsWith('"')) ctx.set('ETag', `W/${etag}`)
  }
}
