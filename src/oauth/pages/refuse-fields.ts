/**
 * Fields that cannot be taken, as JSON: one sentence per field.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.5.21
 */
import type { Context } from 'koa'
import type { Problems } from '../accounts/fields.ts'

export function refuseFields(ctx: Context, fields: Problems): void {
  ctx.status = 422
  ctx.set('Cache-Control', 'no-store')
  ctx.body = { error: 'invalid_request', error_description: Object.values(fields).join(' '), fields }
}
