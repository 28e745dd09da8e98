import type { Middleware } from 'koa'

/** Each part that the server cannot work without, and what is wrong with it (undefined: nothing). */
export type Readiness = () => Promise<Record<string, string | undefined>>

/** `/health/live`: the process answers. `/health/ready`: so do the database and the attachment store. */
export function createHealth(readiness: Readiness): Middleware {
  return async function health(ctx, next) {
    if (ctx.path === '/health/live') {
      ctx.body = { status: 'live' }
      return
    }
    if (ctx.path !== '/health/ready') return next()
    const parts = await readiness()
    const problems = Object.entries(parts).filter(([, problem]) => problem !== undefined)
    ctx.status = problems.length === 0 ? 200 : 503
    ctx.body = {
      status: problems.length === 0 ? 'ready' : 'unavailable',
      parts: Object.fromEntries(Object.entries(parts).map(([name, problem]) => [name, problem ?? 'ok'])),
    }
  }
}
