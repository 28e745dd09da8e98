import { randomUUID } from 'node:crypto'
import Koa, { type Middleware } from 'koa'
import type { Logger } from 'pino'
import { type CallerOf, createBearer } from './bearer.ts'
import { createCompression } from './compression.ts'
import { createErrors } from './errors.ts'
import { createFhir } from './fhir.ts'
import { createHealth, type Readiness } from './health.ts'
import { createHost } from './host.ts'
import { createMetrics, type Gauge } from './metrics.ts'
import { createObserve } from './observe.ts'
import { createPublished } from './published.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RequestState } from './request-state.ts'
import { createSecurityHeaders } from './security-headers.ts'
import { createSend } from './send.ts'
import { createWebFiles, type WebFile } from './web-files.ts'

interface Parts extends Omit<Parameters<typeof createFhir>[0], 'base' | 'send'> {
  log: Logger
  publicUrl: string
  /** Proxies in front that are believed; 0: none. */
  trustProxy: number
  metricsToken: string | undefined
  gauges: readonly Gauge[]
  callerOf: CallerOf
  /** Pages and endpoints of the authorization server; it takes what is its own and passes the rest on. */
  oauth: readonly Middleware[]
  webFiles: ReadonlyMap<string, WebFile>
  readiness: Readiness
  capabilities: (query: URLSearchParams) => Promise<string>
  operationDefinition: (id: string) => string | undefined
  rateLimit: RateLimit
}

export type App = Koa<RequestState>

/** Koa, put together: what every request passes, then who serves which path. */
export function createApp(parts: Parts): App {
  const { log, publicUrl, trustProxy, oauth } = parts
  const base = `${publicUrl}/fhir`
  const app = new Koa<RequestState>({ proxy: trustProxy > 0, maxIpsCount: trustProxy })
  const metrics = createMetrics(parts.metricsToken, parts.gauges)
  const send = createSend(parts.definitions)
  const fhir = createFhir({ ...parts, base, send })
  const bearer = createBearer({ callerOf: parts.callerOf, base, rateLimit: parts.rateLimit })

  app.silent = true
  app.on('error', (error) => log.error({ err: error }, 'unhandled'))
  app.use((ctx, next) => {
    const given = ctx.get('x-request-id')
    ctx.state.requestId = /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID()
    ctx.set('X-Request-Id', ctx.state.requestId)
    return next()
  })
  app.use(createSecurityHeaders(publicUrl))
  app.use(createObserve(log, metrics))
  app.use(createErrors(log, send))
  app.use(createHealth(parts.readiness))
  app.use(metrics.route)
  app.use(createHost(publicUrl))
  app.use(cors)
  app.use(createCompression((path) => parts.webFiles.has(path)))
  app.use(createPublished({ ...parts, send }))
  app.use(async (ctx, next) => {
    if (!isOfFhir(ctx.path)) return next()
    await bearer(ctx)
    try {
      await fhir(ctx, next)
    } catch (error) {
      // Whose token is no longer good learns that and nothing else.
      await ctx.state.caller?.confirm?.()
      throw error
    }
  })
  for (const middleware of oauth) app.use(middleware)
  app.use(createWebFiles(parts.webFiles))
  return app
}

/** Discovery below `/fhir` is the authorization server's. */
function isOfFhir(path: string): boolean {
  return path === '/fhir' || (path.startsWith('/fhir/') && !path.startsWith('/fhir/.well-known/'))
}

const exposed = 'ETag, Location, Last-Modified, Content-Range, Accept-Ranges, Retry-After, X-Request-Id'

/** Tokens travel in a header, never in a cookie, so any origin may call `/fhir`. https://fetch.spec.whatwg.org/#http-cors-protocol */
const cors: Middleware<RequestState> = async (ctx, next) => {
  if (!ctx.path.startsWith('/fhir')) return next()
  ctx.set('Access-Control-Allow-Origin', '*')
  ctx.set('Access-Control-Expose-Headers', exposed)
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
  ctx.set(
    'Access-Control-Allow-Headers',
    'Authorization, DPoP, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-None-Exist, If-Modified-Since, Range, X-Security-Context, X-Request-Id',
  )
  ctx.set('Access-Control-Max-Age', '86400')
  ctx.status = 204
}
