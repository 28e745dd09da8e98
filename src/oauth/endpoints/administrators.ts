/**
 * Who calls an endpoint of ours with a Bearer token, and whether as an administrator.
 *
 * https://www.rfc-editor.org/rfc/rfc6750
 */
import type { Context, Middleware } from 'koa'
import type { Principal, Scope } from '../../access/principal.ts'
import { covers } from '../../access/scopes.ts'
import { houseClientId } from '../provider/clients.ts'
import { sendError } from './send-error.ts'

export interface Caller {
  readonly principal: Principal
  /** An administrator through an app that he gave all his rights to: "scopes narrow" here as well. */
  readonly mayAdminister: boolean
  /** Through an app that speaks for him in everything: our own, or one that he gave all his rights to. */
  readonly isTrusted: boolean
}

const everything: Scope = { level: 'user', type: '*', actions: 'cruds' }

export type Administrators = ReturnType<typeof createAdministrators>

export function createAdministrators({
  principalOf,
}: {
  principalOf: (token: string) => Promise<Principal | undefined>
}) {
  async function identify(token: string): Promise<Caller | undefined> {
    const principal = await principalOf(token)
    if (!principal) return undefined
    const hasAll = covers(principal.scopes, everything)
    const isTrusted = hasAll || principal.clientId === houseClientId
    return { principal, mayAdminister: principal.roles.includes('admin') && hasAll, isTrusted }
  }

  /** Lets only those pass whose token is good and who are allowed; tells the others why not. */
  function only(isAllowed: (caller: Caller) => boolean): Middleware<{ caller: Caller }> {
    return async function authenticate(ctx, next) {
      const token = bearerOf(ctx)
      const caller = token === undefined ? undefined : await identify(token)
      if (!caller) {
        ctx.set('WWW-Authenticate', token === undefined ? 'Bearer' : 'Bearer error="invalid_token"')
        return sendError(ctx, 401, 'invalid_token', 'Send an access token that is good: Authorization: Bearer …')
      }
      ctx.state.caller = caller
      if (!isAllowed(caller)) return sendError(ctx, 403, 'insufficient_scope', 'This token does not allow that.')
      return next()
    }
  }

  return {
    identify,
    person: only(({ principal }) => principal.kind === 'person'),
    administrator: only(({ mayAdminister }) => mayAdminister),
  }
}

export function bearerOf(ctx: Pick<Context, 'get'>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(ctx.get('authorization'))?.[1]
}
