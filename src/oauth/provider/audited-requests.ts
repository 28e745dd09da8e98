/**
 * Around all that oidc-provider answers: what was granted and what was refused goes into the audit trail before the answer leaves.
 *
 * https://www.rfc-editor.org/rfc/rfc9700
 */
import { decodeJwt } from 'jose'
import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { AccountRows, Database } from '../accounts/account.ts'
import type { AuditEventName } from '../audit-events.ts'
import { type AuditEvent, type AuditTrail, outcomeOf } from '../audit-trail.ts'

interface Parts {
  provider: Provider
  database: Database
  accounts: AccountRows
  audit: AuditTrail
}

interface Failure {
  readonly message: string
  readonly error_description?: string
  readonly error_detail?: string
}

type Ctx = Parameters<Middleware>[0]

const failing = [
  ...['authorization.error', 'grant.error', 'introspection.error', 'revocation.error', 'server_error'],
  ...['create', 'read', 'update', 'delete'].map((action) => `registration_${action}.error`),
]

const grantEvents: Readonly<Record<string, AuditEventName>> = {
  authorization_code: 'token-code',
  refresh_token: 'token-refresh',
  client_credentials: 'token-client',
}

const registrationEvents: Readonly<Record<string, AuditEventName>> = {
  POST: 'client-register',
  PUT: 'client-update',
  DELETE: 'client-delete',
}

export function createAuditedRequests({ provider, database, accounts, audit }: Parts): Middleware {
  const failures = new WeakMap<object, Failure>()
  for (const name of failing) {
    provider.on(name as 'grant.error', (ctx: object, failure: Failure) => failures.set(ctx, failure))
  }

  const ended = new WeakMap<object, string>()
  provider.on('grant.revoked', (ctx: object, grantId: string) => ended.set(ctx, grantId))

  return async function auditedRequests(ctx, next) {
    try {
      await next()
    } catch (error) {
      const { status = 500 } = error as { status?: number }
      await record(ctx, { status, failure: { message: status < 500 ? 'invalid_request' : 'server_error' } })
      throw error
    }
    await record(ctx, { status: ctx.status, failure: failures.get(ctx) ?? refusalOf(ctx) })
  }

  async function record(ctx: Ctx, { status, failure }: { status: number; failure: Failure | undefined }) {
    const interaction = eventOf(ctx as KoaContextWithOIDC, failure !== undefined)
    if (interaction === undefined) return
    const { oidc } = ctx as Partial<KoaContextWithOIDC>
    const claimed = claimedClient(ctx)
    await audit(ctx, {
      ...{ interaction, status },
      outcome: failure && status < 500 ? 'refused' : outcomeOf(status),
      account: await accountOf(ctx),
      clientId: oidc?.entities?.Client?.clientId ?? 'unknown',
      detail: {
        ...(failure ? { error: failure.message, reason: failure.error_detail ?? failure.error_description } : {}),
        ...(failure && !oidc?.entities?.Client ? { claimed } : {}),
        // A code or a refresh token that is used again ends all that came of it.
        ended: ended.get(ctx),
        ...(failure ? {} : grantedIn(ctx as KoaContextWithOIDC)),
      },
    })
  }

  /** Whose code, token or session it is; the library looks an account up only when it gets that far. */
  async function accountOf(ctx: Ctx): Promise<AuditEvent['account']> {
    const { oidc } = ctx as Partial<KoaContextWithOIDC>
    const { Account, AuthorizationCode, RefreshToken, AccessToken } = oidc?.entities ?? {}
    const known = Account as { accountId: string; person?: NonNullable<AuditEvent['account']>['person'] } | undefined
    if (known?.person) return { id: known.accountId, person: known.person }
    const { accountId } = AuthorizationCode ?? RefreshToken ?? AccessToken ?? oidc?.session ?? {}
    return accountId === undefined ? undefined : accounts.byId(database, accountId)
  }
}

/** Undefined: nothing to keep, such as discovery, or a step on the way to the login page. */
function eventOf(ctx: KoaContextWithOIDC, failed: boolean): AuditEventName | undefined {
  const { path, method } = ctx
  if (/^\/auth(?:\/[^/]+)?$/.test(path)) {
    return failed || ctx.oidc?.entities.AuthorizationCode ? 'authorize' : undefined
  }
  if (path === '/token' && method === 'POST') return grantEvents[grantTypeOf(ctx)] ?? 'token-other'
  if (path === '/token/introspection') return failed ? 'introspect' : undefined
  if (path === '/token/revocation' && method === 'POST') return 'revoke-token'
  if (path !== '/reg' && !path.startsWith('/reg/')) return undefined
  return registrationEvents[method] ?? (failed ? 'client-read' : undefined)
}

function grantedIn(ctx: KoaContextWithOIDC): Record<string, string | undefined> {
  const { AuthorizationCode, AccessToken, ClientCredentials, RefreshToken, Client } = ctx.oidc?.entities ?? {}
  if (ctx.path.startsWith('/reg')) {
    const body = ctx.body as { client_id?: string; approval?: string } | undefined
    return { client: body?.client_id ?? Client?.clientId, approval: body?.approval }
  }
  const token = AccessToken ?? ClientCredentials ?? AuthorizationCode ?? RefreshToken
  const grant = (AccessToken ?? AuthorizationCode ?? RefreshToken)?.grantId
  return { scope: token?.scope, grant }
}

/** What was refused before the library had its turn. */
function refusalOf(ctx: Ctx): Failure | undefined {
  if (ctx.status < 400) return undefined
  const { error = 'unauthorized_client', error_description } = (
    typeof ctx.body === 'object' ? ctx.body : {}
  ) as Partial<Record<'error' | 'error_description', string>>
  return { message: error, ...(error_description === undefined ? {} : { error_description }) }
}

function grantTypeOf(ctx: Ctx): string {
  const { body } = ctx.req as { body?: { grant_type?: unknown } }
  return String(body?.grant_type)
}

/** Who the caller says that it is, where that was not believed. */
export function claimedClient(ctx: Ctx): string | undefined {
  const { body = {} } = ctx.req as { body?: Record<string, unknown> }
  const named = body.client_id ?? ctx.query.client_id
  if (typeof named === 'string') return named
  const basic = /^Basic +(\S+)$/i.exec(ctx.get('authorization'))?.[1]
  if (basic !== undefined) return Buffer.from(basic, 'base64').toString().split(':')[0]
  try {
    return decodeJwt(String(body.client_assertion)).iss
  } catch {
    return undefined
  }
}
