/**
 * Who calls an endpoint of ours with an access token, bound to a key or not, and whether as an administrator.
 *
 * https://www.rfc-editor.org/rfc/rfc6750 and https://www.rfc-editor.org/rfc/rfc9449#section-7
 */
import type { Context, Middleware } from 'koa'
import type { Principal, Scope } from '../../access/principal.ts'
import { covers } from '../../access/scopes.ts'
import { FhirError } from '../../fhir/error.ts'
import type { PresentedProof } from '../dpop-proof.ts'
import type { Tokens } from '../principal.ts'
import { houseClientId } from '../provider/clients.ts'
import { sendError } from './send-error.ts'

type Asking = Context | Parameters<Middleware>[0]

export interface Caller {
  readonly principal: Principal
  /** An administrator through an app that he gave all his rights to: "scopes narrow" here as well. */
  readonly mayAdminister: boolean
  /** Through an app that speaks for him in everything: our own, or one that he gave all his rights to. */
  readonly isTrusted: boolean
}

const everything: Scope = { level: 'user', type: '*', actions: 'cruds' }

export type Administrators = ReturnType<typeof createAdministrators>

export function createAdministrators({ principalOf }: { principalOf: Tokens['principalOf'] }) {
  /** Undefined: nobody; the answer says in which scheme, and why. */
  async function identify(ctx: Asking, credentials = credentialsOf(ctx)): Promise<Caller | undefined> {
    const { token, presented, scheme } = credentials ?? {}
    const refused = (error?: string) => {
      const challenge = `${scheme ?? 'Bearer'}${error === undefined ? '' : ` error="${error}"`}`
      ctx.set('WWW-Authenticate', challenge)
      sendError(ctx, 401, error ?? 'invalid_token', 'Send an access token that is good, and with DPoP a good proof.')
    }
    if (token === undefined) return void refused()
    const principal = await proven(principalOf(token, presented))
    if (principal === 'unproven') return void refused('invalid_dpop_proof')
    if (!principal) return void refused('invalid_token')
    const hasAll = covers(principal.scopes, everything)
    const isTrusted = hasAll || principal.clientId === houseClientId
    return { principal, mayAdminister: principal.roles.includes('admin') && hasAll, isTrusted }
  }

  /** Lets only those pass whose token is good and who are allowed; tells the others why not. */
  function only(isAllowed: (caller: Caller) => boolean): Middleware<{ caller: Caller }> {
    return async function authenticate(ctx, next) {
      const caller = await identify(ctx)
      if (!caller) return undefined
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

interface Credentials {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly token: string
  readonly presented?: PresentedProof
}

/** A Bearer token, or one that is bound to a key with what shows that the sender has it. `path`: where the endpoint is for others. */
export function credentialsOf(ctx: Asking, path: string = ctx.path): Credentials | undefined {
  const [, scheme, token] = /^(Bearer|DPoP) +(\S+)$/i.exec(ctx.get('authorization')) ?? []
  if (!token) return undefined
  if (scheme?.length !== 4) return { scheme: 'Bearer', token }
  return { scheme: 'DPoP', token, presented: { proof: ctx.get('dpop'), method: ctx.method, path } }
}

async function proven(principal: Promise<Principal | undefined>): Promise<Principal | 'unproven' | undefined> {
  try {
    return await principal
  } catch (error) {
    if (error instanceof FhirError && error.problem === 'unproven') return 'unproven'
    throw error
  }
}
