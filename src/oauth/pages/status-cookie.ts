/**
 * Lets a doctor who may not sign in yet see his own state for half an hour; it opens nothing else.
 *
 * https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
 */
import type { Context } from 'koa'

const name = 'status'
const minutes = 30

export type StatusCookie = ReturnType<typeof createStatusCookie>

export function createStatusCookie({ now = Date.now }: { now?: () => number } = {}) {
  return {
    set(ctx: Context, accountId: string): void {
      const value = `${accountId}.${now() + minutes * 60_000}`
      ctx.cookies.set(name, value, {
        path: '/status',
        httpOnly: true,
        sameSite: 'strict',
        signed: true,
        maxAge: minutes * 60_000,
      })
    },
    accountId(ctx: Context): string | undefined {
      const [accountId, until] = ctx.cookies.get(name, { signed: true })?.split('.') ?? []
      return Number(until) > now() ? accountId : undefined
    },
  }
}
