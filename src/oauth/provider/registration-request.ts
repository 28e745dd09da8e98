/**
 * Dynamic registration: open to all, but an app does nothing before an administrator has approved it. With an administrator's
 * token it is approved at once.
 *
 * https://www.rfc-editor.org/rfc/rfc7591 and https://www.rfc-editor.org/rfc/rfc7592
 */
import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { Database } from '../accounts/account.ts'
import type { Throttle } from '../accounts/throttle.ts'
import { type Administrators, credentialsOf } from '../endpoints/administrators.ts'
import { sendError } from '../endpoints/send-error.ts'
import { parseObject, readText } from '../read-body.ts'
import { isSameClient } from './client-changes.ts'
import { refuseUnnamed } from './client-decision.ts'
import { findClient } from './client-rows.ts'
import { hashSecret, isHashed } from './client-secret.ts'
import { extraProperties, type SmartClient } from './clients.ts'

interface Parts {
  provider: Provider
  database: Database
  administrators: Administrators
  throttle: Throttle
}

type Metadata = Record<string, unknown>

export function createRegistrationRequest({ provider, database, administrators, throttle }: Parts): Middleware {
  return async function registrationRequest(ctx, next) {
    if (ctx.path !== '/reg' && !ctx.path.startsWith('/reg/')) return next()
    if (ctx.method === 'POST' || ctx.method === 'PUT') {
      if (!ctx.is('json')) return sendError(ctx, 415, 'invalid_request', 'Send application/json.')
      const metadata = inbound(parseObject(await readText(ctx.req)))
      const approval =
        ctx.method === 'POST' ? await approvalOfNew(ctx, metadata) : await approvalOfUpdate(ctx, metadata)
      if (approval === undefined) return undefined
      Object.assign(ctx.req, { body: { ...metadata, approval } })
    }
    await next()
    if (isMetadata(ctx.body)) ctx.body = outbound(ctx.body)
  }

  async function approvalOfNew(
    ctx: Parameters<Middleware>[0],
    metadata: Metadata,
  ): Promise<SmartClient['approval'] | undefined> {
    const credentials = credentialsOf(ctx, `/auth${ctx.path}`)
    if (credentials === undefined) return waitingIfFew(ctx, [ctx.ip])
    const caller = await administrators.identify(ctx, credentials)
    if (!caller) return undefined
    const { accountId, clientId } = caller.principal
    if (!caller.mayAdminister) return waitingIfFew(ctx, [accountId ?? clientId, ctx.ip])
    refuseUnnamed(metadata)
    return 'granted'
  }

  /** Each of those who ask has the same number, so that neither a new address nor a new account brings more. */
  async function waitingIfFew(ctx: Parameters<Middleware>[0], askers: readonly string[]) {
    for (const asker of askers) {
      const verdict = await throttle.limit(['client-registration', asker], { most: 20, seconds: 3600 })
      if (verdict.admitted) continue
      ctx.set('Retry-After', String(verdict.seconds))
      sendError(ctx, 429, 'temporarily_unavailable', 'Too many registrations. Try again later.')
      return undefined
    }
    return 'waiting' as const
  }

  /** An approval is of what an administrator looked at: a change of anything waits for another one. */
  async function approvalOfUpdate(
    ctx: Parameters<Middleware>[0],
    metadata: Metadata,
  ): Promise<SmartClient['approval']> {
    const row = await findClient(database, ctx.path.slice('/reg/'.length))
    // Without the member an app would have no limit; leaving it out must not lift the one it has, and never in two steps.
    metadata.smart_scope ??= row?.payload.smart_scope
    if (row?.payload.approval !== 'granted') return 'waiting'
    return isSameClient(provider, row.payload, metadata) ? 'granted' : 'waiting'
  }
}

/**
 * From the standard's names to those under which we keep what the library must not see; nothing of ours is taken over. The
 * library would fetch a `sector_identifier_uri` at once, which no subject of ours depends on.
 */
function inbound({ scope, jwks_uri: uri, sector_identifier_uri: _fetched, ...rest }: Metadata): Metadata {
  const own: readonly string[] = extraProperties.filter((name) => name !== 'launch_uri')
  const metadata = Object.fromEntries(Object.entries(rest).filter(([name]) => !own.includes(name)))
  if (scope !== undefined && scope !== '') metadata.smart_scope = scope
  if (uri !== undefined) {
    metadata.smart_jwks_uri = uri
    // Both given: the library says that this is wrong.
    if (metadata.jwks === undefined) metadata.jwks = { keys: [] }
    else metadata.jwks_uri = uri
  }
  const grants = metadata.grant_types
  if (Array.isArray(grants) && !grants.includes('authorization_code') && metadata.response_types === undefined) {
    metadata.response_types = []
  }
  if (typeof metadata.client_secret === 'string') metadata.client_secret = hashSecret(metadata.client_secret)
  return metadata
}

/** A secret is told where it is made; from then on there is its hash alone. */
function outbound(metadata: Metadata): Metadata {
  const { smart_scope: scope, smart_jwks_uri: uri, first_party: _ours, ...rest } = metadata
  if (scope !== undefined) rest.scope = scope
  if (uri !== undefined) {
    rest.jwks_uri = uri
    delete rest.jwks
  }
  if (typeof rest.client_secret === 'string' && isHashed(rest.client_secret)) delete rest.client_secret
  return rest
}

function isMetadata(body: unknown): body is Metadata {
  return typeof body === 'object' && body !== null && 'client_id' in body
}
