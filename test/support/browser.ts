/**
 * A small browser for our own pages: it keeps cookies, follows redirects on its own site, and fills in forms as a person
 * without scripts would.
 */
interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly expires: number
}

interface Control {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly checked: boolean
}

export interface Form {
  readonly action: string
  readonly method: string
  readonly controls: readonly Control[]
  readonly buttons: readonly string[]
}

export interface Page {
  readonly status: number
  /** Where the browser is; for a redirect to another site: where it was sent. */
  readonly url: URL
  /** The browser was sent to another site, as to an app's redirect URI. */
  readonly left: boolean
  readonly html: string
  readonly headers: Headers
  readonly forms: readonly Form[]
  /** Values replace what the form holds; an array gives several. `button`: the name of the one that is pressed. */
  submit(values?: Record<string, string | readonly string[]>, button?: string, form?: number): Promise<Page>
}

export type Browser = ReturnType<typeof createBrowser>

export function createBrowser(origin: string) {
  const cookies = new Map<string, Cookie>()

  function keep(response: Response, url: URL): void {
    for (const header of response.headers.getSetCookie()) {
      const cookie = parseCookie(header, url)
      const key = `${cookie.path} ${cookie.name}`
      if (cookie.expires <= Date.now()) cookies.delete(key)
      else cookies.set(key, cookie)
    }
  }

  function cookieHeader({ pathname }: URL): string {
    return [...cookies.values()]
      .filter(({ path, expires }) => expires > Date.now() && matches(pathname, path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /** One request, without following. */
  async function request(target: URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = cookieHeader(target)
    if (cookie) headers.set('cookie', cookie)
    const response = await fetch(target, { ...init, headers, redirect: 'manual' })
    keep(response, target)
    return response
  }

  async function open(target: string | URL, init?: RequestInit): Promise<Page> {
    let url = new URL(target, origin)
    let response = await request(url, init)
    for (let hops = 0; hops < 10; hops++) {
      const location = response.headers.get('location')
      if (location === null) return pageOf(url, response, await response.text(), false)
      url = new URL(location, url)
      if (url.origin !== origin) return pageOf(url, response, '', true)
      response = await request(url, { headers: { accept: 'text/html' } })
    }
    throw new Error(`too many redirects, the last to ${url.href}`)
  }

  function pageOf(url: URL, response: Response, html: string, left: boolean): Page {
    const forms = formsOf(html, url)
    return {
      ...{ status: response.status, url, left, html, headers: response.headers, forms },
      submit(values = {}, button, index = 0) {
        const form = forms[index]
        if (!form) throw new Error(`there is no form at ${url.pathname}: ${html}`)
        const fields = filledIn(form, values, button)
        if (form.method === 'get') return open(`${form.action}?${fields.toString()}`)
        return open(form.action, { method: 'POST', body: fields, headers: { accept: 'text/html', origin } })
      },
    }
  }

  return {
    open: (target: string | URL) => open(target, { headers: { accept: 'text/html' } }),
    request,
    cookieValues: () => [...cookies.values()].map(({ value }) => value),
  }
}

function filledIn(
  form: Form,
  values: Record<string, string | readonly string[]>,
  button: string | undefined,
): URLSearchParams {
  const fields = new URLSearchParams()
  for (const { name, type, value, checked } of form.controls) {
    if (name in values || ((type === 'checkbox' || type === 'radio') && !checked)) continue
    fields.append(name, value)
  }
  for (const [name, given] of Object.entries(values)) for (const value of [given].flat()) fields.append(name, value)
  if (button !== undefined) {
    if (!form.buttons.includes(button)) throw new Error(`there is no button "${button}"`)
    fields.append(button, 'yes')
  }
  return fields
}

function formsOf(html: string, base: URL): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag, content]) => ({
    action: new URL(attribute(tag!, 'action') ?? '', base).href,
    method: (attribute(tag!, 'method') ?? 'get').toLowerCase(),
    controls: [...content!.matchAll(/<(input|textarea)\b([^>]*)>/g)].map(([, , tags]) => ({
      name: attribute(tags!, 'name') ?? '',
      type: attribute(tags!, 'type') ?? 'text',
      value: attribute(tags!, 'value') ?? '',
      checked: /\schecked\b/.test(tags!),
    })),
    buttons: [...content!.matchAll(/<button\b([^>]*)>/g)].flatMap(([, tags]) => attribute(tags!, 'name') ?? []),
  }))
}

function attribute(tag: string, name: string): string | undefined {
  const [, value] = new RegExp(`\\s${name}="([^"]*)"`).exec(tag) ?? []
  return value?.replace(/&(amp|lt|gt|quot|#39);/g, (_all, entity: string) => entities[entity]!)
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function parseCookie(header: string, url: URL): Cookie {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  const value = (name: string) =>
    attributes.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
  const expires = value('expires')
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    path: value('path') ?? url.pathname.replace(/\/[^/]*$/, '') + '/',
    expires: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
  }
}

/** https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4 */
function matches(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
}
