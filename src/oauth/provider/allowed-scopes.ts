/**
 * The scopes that a request for a token may have now, as the app is registered at this moment; or the refusal.
 *
 * https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { SmartClient } from './clients.ts'
import type { GrantableScopes } from './grantable-scopes.ts'

export interface AllowedScopesParts {
  grantableScopes: GrantableScopes
  scopeProblem: (asked: string | undefined) => string | undefined
}

export function createAllowedScopes({ grantableScopes, scopeProblem }: AllowedScopesParts) {
  function allowed(ctx: KoaContextWithOIDC, client: SmartClient, asked: string): string[] {
    if (client.approval !== 'granted') {
      throw new errors.UnauthorizedClient('this app waits for the approval of an administrator')
    }
    const { params } = ctx.oidc
    const problem = scopeProblem(params?.scope as string | undefined)
    if (problem !== undefined) throw new errors.InvalidScope(problem, '')
    const scopes = grantableScopes(asked, client, params?.grant_type === 'client_credentials')
    if (scopes.length === 0) throw new errors.InvalidScope('none of these scopes can be granted', asked)
    return scopes
  }

  return {
    ofRequest(ctx: KoaContextWithOIDC, client: SmartClient): string[] {
      const { params, entities } = ctx.oidc
      const asked = [params?.scope, entities.AuthorizationCode?.scope, entities.RefreshToken?.scope]
      return allowed(ctx, client, asked.join(' '))
    },
    /** A refresh may ask for less than it could have; if of that nothing is left, it is refused. */
    ofRefresh(ctx: KoaContextWithOIDC): string[] {
      const { params, entities, client } = ctx.oidc
      return allowed(ctx, client as SmartClient, String(params?.scope ?? entities.RefreshToken?.scope ?? ''))
    },
  }
}
