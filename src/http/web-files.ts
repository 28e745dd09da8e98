import type { Middleware } from 'koa'

export interface WebFile {
  readonly type: string
  readonly bytes: Buffer
  /** A strong validator, quoted. */
  readonly etag: string
}

/** The browser app's files, from memory: a page is revalidated each time, nothing is ever guessed or framed. */
export function createWebFiles(files: ReadonlyMap<string, WebFile>): Middleware {
  return async function webFiles(ctx, next) {
    const file = ctx.method === 'GET' || ctx.method === 'HEAD' ? files.get(ctx.path) : undefined
    if (!file) return next()
    ctx.set('Content-Type', file.type)
    ctx.set('ETag', file.etag)
    ctx.set('Cache-Control', 'no-cache')
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Referrer-Policy', 'no-referrer')
    ctx.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
        "frame-src blob:; object-src blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    ctx.status = 200
    if (ctx.fresh) {
      ctx.status = 304
      return
    }
    ctx.body = file.bytes
  }
}
