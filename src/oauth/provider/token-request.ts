/**
 * What happens around oidc-provider's token endpoint: a client's new keys are fetched before its assertion is judged, a refresh
 * by SMART's own table is understood, and the launch context joins the response.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-access-token
 */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { readText } from '../read-body.ts'
import type { SmartClient } from './clients.ts'
import type { JwksCache } from './jwks-cache.ts'

const authenticated = new Set(['/token', '/token/introspection', '/token/revocation'])

export function createTokenRequest({ provider, jwks }: { provider: Provider; jwks: JwksCache }): Middleware {
  return async function tokenRequest(ctx, next) {
    if (ctx.method !== 'POST' || !authenticated.has(ctx.path) || !ctx.is('urlencoded')) return next()
    const form = new URLSearchParams(await readText(ctx.req))
    await fetchKeys(form.get('client_assertion'))
    if (form.get('grant_type') === 'refresh_token' && !ctx.get('authorization')) await nameClient(form)
    handOver(ctx, form)
    await next()
    if (ctx.path === '/token') addContext(ctx as KoaContextWithOIDC)
  }

  async function fetchKeys(assertion: string | null): Promise<void> {
    const claimed = assertion === null ? undefined : claims(assertion)
    if (!claimed) return
    const client = await findClient(claimed.clientId)
    // Nothing is fetched for an app that nobody has looked at.
    if (client?.smart_jwks_uri && client.approval === 'granted') await jwks.refresh(client.smart_jwks_uri, claimed.kid)
  }

  /** SMART's refresh table has no `client_id`, so public clients may leave it out: the token tells whose it is. */
  async function nameClient(form: URLSearchParams): Promise<void> {
    if (form.has('client_id') || form.has('client_assertion')) return
    const token = await provider.RefreshToken.find(form.get('refresh_token') ?? '', { ignoreExpiration: true })
    const client = token?.clientId === undefined ? undefined : await findClient(token.clientId)
    if (client?.clientAuthMethod === 'none') form.set('client_id', client.clientId)
  }

  async function findClient(id: string): Promise<SmartClient | undefined> {
    try {
      return (await provider.Client.find(id)) as SmartClient | undefined
    } catch {
      // Metadata that does not hold: the library says so in its own words.
      return undefined
    }
  }
}

function claims(assertion: string): { clientId: string; kid: string | undefined } | undefined {
  try {
    const { iss } = decodeJwt(assertion)
    return iss === undefined ? undefined : { clientId: iss, kid: decodeProtectedHeader(assertion).kid }
  } catch {
    return undefined
  }
}

/** Repeated parameters stay repeated: the library refuses them. */
function handOver(ctx: Parameters<Middleware>[0], form: URLSearchParams): void {
  const body: Record<string, string | string[]> = {}
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name)
    body[name] = values.length === 1 ? values[0]! : values
  }
  Object.assign(ctx.req, { body })
}

function addContext(ctx: KoaContextWithOIDC): void {
  // HTTP/1.0's, but SMART's test kit insists on it.
  ctx.set('Pragma', 'no-cache')
  const token = ctx.status === 200 ? ctx.oidc?.entities.AccessToken : undefined
  if (!token?.extra) return
  const { fhirUser: _inIdToken, ...context } = token.extra
  ctx.body = { ...(ctx.body as object), ...context }
}
