/**
 * What goes wrong here ends as OAuth's JSON or as a page, and never as an OperationOutcome.
 *
 * https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
import type { Middleware } from 'koa'
import { FhirError } from '../../fhir/error.ts'
import type { Log } from '../log.ts'
import { tell } from '../pages/form.ts'
import { BodyError } from '../read-body.ts'
import { sendError } from './send-error.ts'

export function createFailures({ log }: { log: Log }): Middleware {
  return async function failures(ctx, next) {
    try {
      await next()
    } catch (error) {
      if (ctx.headerSent) throw error
      const { status, text, title } = described(error)
      if (status >= 500) log.error({ err: error }, 'the authorization server failed')
      if (status === 503) ctx.set('Retry-After', '5')
      const code = status >= 500 ? 'server_error' : 'invalid_request'
      // What programs call answers as OAuth has it, whatever they accept.
      if (ctx.path.startsWith('/auth/')) sendError(ctx, status, code, text)
      else tell(ctx, { status, title, text, error: code })
    }
  }
}

function described(error: unknown): { status: number; title: string; text: string } {
  if (error instanceof BodyError) return { status: error.status, title: 'This cannot be read', text: error.message }
  const status = error instanceof FhirError ? error.status : 500
  const text = status < 500 ? (error as FhirError).message : 'Something went wrong on our side. Please try again.'
  return { status, title: 'This did not work', text }
}
