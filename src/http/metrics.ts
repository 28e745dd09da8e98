import { timingSafeEqual } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import { collectDefaultMetrics, Gauge as PromGauge, Histogram, Registry } from 'prom-client'

/** A number that is looked up when somebody asks. */
export interface Gauge {
  readonly name: string
  readonly help: string
  value(): Promise<number>
}

/** Prometheus metrics; `/metrics` answers loopback, or whoever has the token. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function createMetrics(token: string | undefined, gauges: readonly Gauge[]) {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to the end of the answer, by area, method and status.',
    labelNames: ['area', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [register],
  })
  for (const { name, help, value } of gauges) {
    new PromGauge({
      ...{ name, help, registers: [register] },
      async collect() {
        this.set(await value())
      },
    })
  }

  const route: Middleware = async (ctx, next) => {
    if (ctx.path !== '/metrics') return next()
    if (!isLoopback(ctx) && !hasToken(ctx, token)) return next()
    ctx.type = register.contentType
    ctx.body = await register.metrics()
  }

  function observe(ctx: Context, seconds: number): void {
    requests.observe({ area: areaOf(ctx.path), method: ctx.method, status: ctx.status }, seconds)
  }

  return { route, observe }
}

export type Metrics = ReturnType<typeof createMetrics>

/** Few and fixed: a label must not grow with what clients send. */
function areaOf(path: string): string {
  const area = path.split('/')[1] ?? ''
  return ['fhir', 'auth', 'health', 'metrics'].includes(area) ? area : 'pages'
}

/** The peer itself; a forwarded address proves nothing. */
function isLoopback(ctx: Context): boolean {
  const address = ctx.req.socket.remoteAddress ?? ''
  const forwarded = ctx.get('x-forwarded-for') !== '' || ctx.get('forwarded') !== ''
  return !forwarded && (address === '::1' || /^(::ffff:)?127\./.test(address))
}

function hasToken(ctx: Context, token: string | undefined): boolean {
  if (token === undefined) return false
  const given = Buffer.from(ctx.get('authorization'))
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
