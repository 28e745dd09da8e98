import assert from 'node:assert/strict'
import { Secret, TOTP } from 'otpauth'
import { type Browser, createBrowser, type Page } from '../support/browser.ts'
import { type OAuthServer, password } from './oauth-server.ts'

/** The six digits that an authenticator app shows at this time. */
export function codeAt(secret: string, at: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate({ timestamp: at })
}

/** The key that the page shows for typing. */
export function secretOn({ html }: Page): string {
  const shown = /<code class="key">([A-Z2-7 ]+)<\/code>/.exec(html)?.[1]
  assert.ok(shown, html)
  return shown.replaceAll(' ', '')
}

export function recoveryCodesOn({ html }: Page): string[] {
  return [...html.matchAll(/<li><code>([0-9A-Z-]+)<\/code><\/li>/g)].map(([, code]) => code!)
}

export function passkeyOptionsOn({ html }: Page): { challenge: string } & Record<string, unknown> {
  const options = /data-options="([^"]*)"/.exec(html)?.[1]
  assert.ok(options, html)
  return JSON.parse(options.replaceAll('&quot;', '"').replaceAll('&amp;', '&')) as { challenge: string }
}

/** Sends the form of a page that has the field. */
export async function submitWith(page: Page, field: string, values: Record<string, string>): Promise<Page> {
  const index = page.forms.findIndex(({ controls }) => controls.some(({ name }) => name === field))
  assert.ok(index >= 0, `a form with "${field}" at ${page.url.pathname}: ${page.html}`)
  return page.submit(values, undefined, index)
}

export async function signInHere(
  server: OAuthServer,
  email: string,
  browser: Browser = createBrowser(server.url),
  to = '/login',
): Promise<Page> {
  return (await browser.open(to)).submit({ email, password })
}
