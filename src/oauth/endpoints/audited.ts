/**
 * What an endpoint of ours refuses goes into the audit trail; what it does, it records itself, as it alone knows to what.
 *
 * https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
import type { Middleware } from 'koa'
import { actorOf, type AuditTrail, outcomeOf } from '../audit-trail.ts'
import type { AuditEventName } from '../audit-events.ts'
import type { Caller } from './administrators.ts'

export function auditRefusals(audit: AuditTrail, interaction: AuditEventName): Middleware {
  return async function auditedRefusals(ctx, next) {
    const record = (status: number, error: string | undefined) => {
      const { caller } = ctx.state as { caller?: Caller }
      return audit(ctx, {
        ...{ interaction, status },
        ...(caller ? actorOf(caller.principal) : { clientId: 'unknown' }),
        outcome: outcomeOf(status),
        detail: { error, about: ctx.path },
      })
    }
    try {
      await next()
    } catch (error) {
      await record((error as { status?: number }).status ?? 500, (error as Error).name)
      throw error
    }
    if (ctx.status >= 400) await record(ctx.status, (ctx.body as { error?: string } | undefined)?.error)
  }
}
