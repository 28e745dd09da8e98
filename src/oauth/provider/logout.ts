/**
 * Around oidc-provider's logout: it is asked by GET or by POST, and what was granted in the session without `offline_access`
 * ends before the answer leaves.
 *
 * https://openid.net/specs/openid-connect-rpinitiated-1_0.html#OPLogout
 */
import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Database } from '../accounts/account.ts'
import { endSession } from '../accounts/revocation.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { postAsGet } from './post-as-get.ts'

interface Parts {
  database: Database
  audit: AuditTrail
  issuer: string
}

export function createLogout({ database, audit, issuer }: Parts): Middleware {
  return async function logout(ctx, next) {
    if (ctx.path === '/session/end' && ctx.method === 'POST') return postAsGet(ctx, `${issuer}/session/end`)
    if (ctx.path !== '/session/end/confirm') return next()
    await next()
    const session = (ctx as KoaContextWithOIDC).oidc?.session as
      { uid: string; accountId?: string; destroyed?: boolean } | undefined
    if (!session?.destroyed) return undefined
    await endSession(database, session.uid)
    const account = session.accountId === undefined ? undefined : { id: session.accountId }
    return audit(ctx, { interaction: 'logout', outcome: 'success', status: ctx.status, account })
  }
}
