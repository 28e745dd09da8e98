import type { Middleware } from 'koa'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'
import type { RequestState } from './request-state.ts'

/**
 * One log line and one measurement per request, when the answer has left. The line holds no health data: no query, no id,
 * no body; the audit trail is where accesses are kept.
 */
export function createObserve(log: Logger, metrics: Metrics): Middleware<RequestState> {
  return function observe(ctx, next) {
    const started = process.hrtime.bigint()
    ctx.res.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9
      metrics.observe(ctx, seconds)
      const [, area, type] = ctx.path.split('/')
      log.info({
        requestId: ctx.state.requestId,
        method: ctx.method,
        route: area === 'fhir' && /^[A-Z][A-Za-z]+$/.test(type ?? '') ? `/fhir/${type}` : `/${area ?? ''}`,
        status: ctx.status,
        ms: Math.round(seconds * 1000),
        clientId: ctx.state.caller?.principal.clientId,
      })
    })
    return next()
  }
}
