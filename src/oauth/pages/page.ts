/**
 * How every page of the authorization server leaves: plain HTML that needs no script and loads nothing but our stylesheet.
 *
 * https://www.w3.org/TR/CSP3/ and https://www.rfc-editor.org/rfc/rfc9700#section-4.16 (no framing)
 */
import type { Context } from 'koa'
import { parseUrl } from '../parse-url.ts'
import { type Html, html } from './html.ts'

export const stylesheetPath = '/auth/style.css'

export interface Page {
  readonly status?: number
  readonly title: string
  readonly body: Html
  /** Where a form of this page may lead in the end, besides here: browsers judge redirects of a form as well. */
  readonly leadsTo?: string | undefined
  /** Shows the way out. */
  readonly signedIn?: boolean
  /** One of our own; pages work without where they can. */
  readonly script?: string | undefined
}

export function showPage(
  ctx: Pick<Context, 'status' | 'set' | 'type' | 'body'>,
  { status = 200, title, body, leadsTo, signedIn = false, script }: Page,
): void {
  ctx.status = status
  ctx.set('Content-Security-Policy', contentSecurityPolicy(leadsTo, script))
  ctx.set('X-Frame-Options', 'DENY')
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('Cache-Control', 'no-store')
  // Codes in our URLs stay here; "no-referrer" would take the Origin from our own forms too.
  ctx.set('Referrer-Policy', 'same-origin')
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Chartshare</title>
        <link rel="stylesheet" href="${stylesheetPath}" />
        ${script !== undefined && html`<script src="${script}" defer></script>`}
      </head>
      <body>
        <main>
          <p class="brand">Chartshare</p>
          <h1>${title}</h1>
          ${body} ${signedIn && html`<p><a href="/auth/session/end">Sign out</a></p>`}
        </main>
      </body>
    </html> `.html
}

function contentSecurityPolicy(leadsTo: string | undefined, script: string | undefined): string {
  const scripts = script === undefined ? '' : " script-src 'self';"
  const targets = ["'self'", ...(leadsTo === undefined ? [] : sourceOf(leadsTo))].join(' ')
  return `default-src 'none';${scripts} style-src 'self'; form-action ${targets}; frame-ancestors 'none'; base-uri 'none'`
}

/** An app's address as a CSP source: its origin, or its scheme when it is an app on a phone. */
function sourceOf(address: string): string[] {
  const url = parseUrl(address)
  if (!url) return []
  const source = url.origin === 'null' ? url.protocol : url.origin
  return /^[A-Za-z0-9+.:/[\]-]+$/.test(source) ? [source] : []
}
