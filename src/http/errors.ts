import type { Middleware } from 'koa'
import type { Logger } from 'pino'
import { FhirError, type Issue, operationOutcome } from '../fhir/error.ts'
import { wantedFormat } from './negotiate.ts'
import type { RequestState } from './request-state.ts'
import type { Send } from './send.ts'

/**
 * Where everything stops: a FhirError becomes its OperationOutcome, anything else a 500 with a fixed text and the request
 * id, logged with its stack. What a client did is never logged as an error.
 */
export function createErrors(log: Logger, send: Send): Middleware<RequestState> {
  return async function errors(ctx, next) {
    try {
      await next()
      if (ctx.status === 404 && ctx.body == null) throw new FhirError('notFound', `Nothing is known at "${ctx.path}".`)
    } catch (error) {
      // A request whose body was not read to its end has no socket any more; the answer still has one.
      if (ctx.headerSent || (ctx.res.socket?.destroyed ?? true)) {
        ctx.res.destroy()
        if (!isAbort(error)) log.error({ err: error, requestId: ctx.state.requestId }, 'failed after the answer began')
        return
      }
      const known = error instanceof FhirError ? error : fromKoa(error)
      if (!known || known.status >= 500) log.error({ err: error, requestId: ctx.state.requestId }, 'request failed')
      ctx.status = known?.status ?? 500
      if (ctx.status === 401) ctx.set('WWW-Authenticate', challenge(known, ctx.get('authorization')))
      if (known?.problem === 'insufficientScope')
        ctx.set('WWW-Authenticate', `${schemeOf(ctx.get('authorization'))} error="insufficient_scope"`)
      if (ctx.status === 405) ctx.set('Allow', (known?.allow ?? ofBase).join(', '))
      if (known?.retryAfter !== undefined) ctx.set('Retry-After', String(known.retryAfter))
      const outcome = operationOutcome(known?.issues ?? [unexpected(ctx.state.requestId)])
      send(ctx, JSON.stringify(outcome), (ctx.path.startsWith('/fhir') && wantedFormat(ctx)) || 'json')
    }
  }
}

/** An entry of a transaction is refused for its own place, the request at the base, where these are possible. */
const ofBase = ['GET', 'HEAD', 'POST']

/** RFC 6750 §3: no error code when the request carried no token at all. */
function challenge(error: FhirError | undefined, authorization: string): string {
  const scheme = schemeOf(authorization)
  if (error?.problem === 'unproven') return `${scheme} error="invalid_dpop_proof"`
  return error?.problem === 'expiredToken' ? `${scheme} error="invalid_token"` : scheme
}

/** Told in the scheme that the caller speaks. https://www.rfc-editor.org/rfc/rfc9449#section-7.1 */
function schemeOf(authorization: string): 'Bearer' | 'DPoP' {
  return /^DPoP /i.test(authorization) ? 'DPoP' : 'Bearer'
}

/** Koa's and body parsers' own errors carry a status; their texts are safe only when they say so (`expose`). */
function fromKoa(error: unknown): FhirError | undefined {
  const { status, expose, message } = error as { status?: number; expose?: boolean; message?: string }
  if (!expose || status === undefined) return undefined
  if (status === 413) return new FhirError('tooLarge', message ?? 'The body is too large.', { cause: error })
  if (status === 415)
    return new FhirError('unsupportedMediaType', message ?? 'The content type is not known.', { cause: error })
  return status < 500
    ? new FhirError('malformed', message ?? 'The request is not well formed.', { cause: error })
    : undefined
}

function unexpected(requestId: string): Issue {
  return {
    severity: 'error',
    code: 'exception',
    diagnostics: `Something went wrong on our side. The request id ${requestId} helps to find it in the log.`,
  }
}

function isAbort(error: unknown): boolean {
  return ['AbortError', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes(
    (error as { code?: string }).code ?? (error as Error).name,
  )
}
