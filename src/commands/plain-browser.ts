import type { Form } from './html-forms.ts'

/** A browser without a screen: keeps cookies, follows redirects, fills in forms. */
export interface PlainBrowser {
  /** Follows redirects until a page answers or one leads to `stopAt`. */
  open(url: string, stopAt?: string): Promise<Page>
  submit(page: Page, form: Form, fields: Readonly<Record<string, string>>, stopAt?: string): Promise<Page>
}

export interface Page {
  readonly url: string
  readonly status: number
  readonly html: string
}

const mostRedirects = 20

export function createPlainBrowser(): PlainBrowser {
  const cookies = new Map<string, string>()

  async function go(url: string, init: RequestInit, stopAt: string | undefined): Promise<Page> {
    for (let hop = 0; hop < mostRedirects; hop++) {
      if (isAt(url, stopAt)) return { url, status: 302, html: '' }
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = { accept: 'text/html', ...init.headers, ...(cookie ? { cookie } : {}) }
      const response = await fetch(url, { ...init, headers, redirect: 'manual' })
      remember(response.headers.getSetCookie())
      const location = response.headers.get('location')
      const html = await response.text()
      if (response.status < 300 || response.status >= 400 || !location) return { url, status: response.status, html }
      url = new URL(location, url).href
      init = {}
    }
    throw new Error(`${url} redirects without an end`)
  }

  function remember(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (!name) continue
      const expired = /max-age=0(?:;|$)/i.test(line) || /expires=thu, 01 jan 1970/i.test(line)
      if (expired) cookies.delete(name)
      else cookies.set(name, value!)
    }
  }

  return {
    open: (url, stopAt) => go(url, {}, stopAt),

    submit(page, form, fields, stopAt) {
      const body = new URLSearchParams([...form.fields])
      for (const [name, value] of Object.entries(fields)) body.set(name, value)
      const url = new URL(form.action || page.url, page.url)
      if (form.method === 'GET') return go(`${url.origin}${url.pathname}?${body}`, {}, stopAt)
      return go(url.href, { method: 'POST', body, headers: { origin: url.origin } }, stopAt)
    },
  }
}

function isAt(url: string, stopAt: string | undefined): boolean {
  if (stopAt === undefined) return false
  const { origin, pathname, searchParams } = new URL(url)
  return `${origin}${pathname}` === stopAt && (searchParams.has('code') || searchParams.has('error'))
}
