/**
 * OAuth's errors are OAuth's JSON, never an OperationOutcome.
 *
 * https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
import type { Context } from 'koa'

export function sendError(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status
  ctx.set('Cache-Control', 'no-store')
  ctx.body = { error, error_description: description }
}
