/**
 * Notes from where a browser session is used: each time that an app asks through it.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint
 */
import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Sessions } from '../accounts/sessions.ts'

export function createSessionPlaces({ sessions }: { sessions: Pick<Sessions, 'note'> }): Middleware {
  return async function sessionPlaces(ctx, next) {
    await next()
    if (!/^\/auth(?:\/|$)/.test(ctx.path)) return
    const session = (ctx as KoaContextWithOIDC).oidc?.entities.Session as
      { uid: string; accountId?: string; destroyed?: boolean } | undefined
    if (!session?.accountId || session.destroyed) return
    await sessions.note(session.uid, session.accountId, { ip: ctx.ip, agent: ctx.get('user-agent') })
  }
}
