/**
 * The forms that people send us: read once, only from our own pages, as a form or as JSON.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html#verifying-origin-with-standard-headers
 */
import type { Context, Middleware } from 'koa'
import type { Fields } from '../accounts/fields.ts'
import { BodyError, parseObject, readText } from '../read-body.ts'
import { sendError } from '../endpoints/send-error.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'

export interface FormState {
  form: Fields
}

/** Whether the sender speaks JSON rather than being a browser with a person before it. */
export function wantsJson(ctx: Context): boolean {
  return ctx.is('json') === 'json' || ctx.accepts('html', 'json') === 'json'
}

/** A refusal or a plain answer, as a page or as JSON. */
export function tell(
  ctx: Context,
  answer: { status: number; title: string; text: string; error?: string; retryAfter?: number },
): void {
  const { status, title, text, error, retryAfter } = answer
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter))
  if (!wantsJson(ctx)) return showPage(ctx, { status, title, body: html`<p>${text}</p>` })
  if (error !== undefined) return sendError(ctx, status, error, text)
  ctx.status = status
  ctx.set('Cache-Control', 'no-store')
  ctx.body = { message: text }
}

/**
 * Browsers tell where a form was sent from. Ours come from here; what says nothing is no browser, and has no cookies of a
 * person's to misuse.
 */
export function refuseForeignForms(publicUrl: string): Middleware {
  const ours = new Set(originsOf(publicUrl))
  return async function foreignForms(ctx, next) {
    const origin = ctx.get('origin')
    const site = ctx.get('sec-fetch-site')
    const foreign = origin === '' ? !['', 'same-origin', 'none'].includes(site) : !ours.has(origin)
    if (ctx.method === 'POST' && foreign) {
      const text = 'This form was sent from another site.'
      return tell(ctx, { status: 403, title: 'Not from here', text, error: 'access_denied' })
    }
    return next()
  }
}

/** A server on loopback is one server under each of loopback's names. */
function originsOf(publicUrl: string): string[] {
  const names = ['localhost', '127.0.0.1', '[::1]']
  const { protocol, hostname, port, origin } = new URL(publicUrl)
  return names.includes(hostname) ? names.map((name) => `${protocol}//${name}${port && `:${port}`}`) : [origin]
}

/** Puts the fields into `ctx.state.form`. Throws BodyError for a body that cannot be read at all. */
export const readForm: Middleware<FormState> = async function readForm(ctx, next) {
  ctx.state.form = await fieldsOf(ctx)
  return next()
}

async function fieldsOf(ctx: Context): Promise<Fields> {
  if (ctx.is('urlencoded')) {
    const form = new URLSearchParams(await readText(ctx.req))
    return fields((name) => form.getAll(name))
  }
  if (ctx.is('json')) {
    const object = parseObject(await readText(ctx.req))
    return fields((name) => (Object.hasOwn(object, name) ? [object[name]].flat() : []))
  }
  throw new BodyError(415, 'Send a form or application/json.')
}

function fields(values: (name: string) => readonly unknown[]): Fields {
  const all = (name: string) => values(name).filter((value) => typeof value === 'string')
  return {
    all,
    text(name) {
      const [value = '', ...more] = all(name)
      // What judges one of them and what acts may not see the same.
      if (more.length > 0) throw new BodyError(400, `The field "${name}" is given more than once.`)
      return value
    },
  }
}
