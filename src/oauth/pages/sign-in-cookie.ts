/**
 * Holds the secret of a sign-in that waits for its second factor; one cookie for each, so that two tabs do not disturb each
 * other.
 *
 * https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
 */
import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import { begunSignInMinutes } from '../accounts/begun-sign-ins.ts'

const options = { path: '/login', httpOnly: true, sameSite: 'lax', signed: true } as const
const nameOf = (ticket: string) => `sign-in-${ticket}`

/** Answers the ticket, which the address of the page carries. */
export function keepSecret(ctx: Context, secret: string): string {
  const ticket = randomBytes(9).toString('base64url')
  ctx.cookies.set(nameOf(ticket), secret, { ...options, maxAge: begunSignInMinutes * 60_000 })
  return ticket
}

export function secretOfTicket(ctx: Context, ticket: string): string | undefined {
  return /^[\w-]{12}$/.test(ticket) ? ctx.cookies.get(nameOf(ticket), { signed: true }) : undefined
}

export function forgetSecret(ctx: Context, ticket: string): void {
  ctx.cookies.set(nameOf(ticket), null, options)
}
