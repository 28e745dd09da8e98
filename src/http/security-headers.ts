import type { Middleware } from 'koa'

const year = 31_536_000

/**
 * What every answer tells a browser, whoever makes it and whether it succeeds: nothing of it runs, loads, is framed or is
 * guessed at. Pages, which need a little more, say so themselves.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 */
export function createSecurityHeaders(publicUrl: string): Middleware {
  // Of this host alone: whether everything below its name speaks HTTPS is known to whoever runs the domain.
  const transport = publicUrl.startsWith('https:') ? `max-age=${year}` : undefined
  return function securityHeaders(ctx, next) {
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Referrer-Policy', 'no-referrer')
    ctx.set(
      'Content-Security-Policy',
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    if (transport !== undefined) ctx.set('Strict-Transport-Security', transport)
    return next()
  }
}
