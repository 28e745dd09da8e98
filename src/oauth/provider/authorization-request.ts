/**
 * What happens before oidc-provider's authorization endpoint sees a request.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code
 */
import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { SmartClient } from './clients.ts'
import { postAsGet } from './post-as-get.ts'

interface Parts {
  provider: Provider
  issuer: string
  waitingPage: (ctx: Parameters<Middleware>[0], client: SmartClient) => void
}

export function createAuthorizationRequest({ provider, issuer, waitingPage }: Parts): Middleware {
  return async function authorizationRequest(ctx, next) {
    if (ctx.path !== '/auth') return next()
    if (ctx.method === 'POST') return postAsGet(ctx, `${issuer}/auth`)
    // Nothing is sent to the address of an app that nobody has looked at.
    const client = await waitingClient(ctx.query.client_id)
    if (client) return waitingPage(ctx, client)
    addConsentPrompt(ctx)
    return next()
  }

  async function waitingClient(id: unknown): Promise<SmartClient | undefined> {
    if (typeof id !== 'string') return undefined
    try {
      const client = (await provider.Client.find(id)) as SmartClient | undefined
      return client && client.approval !== 'granted' ? client : undefined
    } catch {
      return undefined
    }
  }
}

/** OpenID Connect drops `offline_access` unless consent is prompted for, and SMART apps do not know `prompt`. */
function addConsentPrompt(ctx: Parameters<Middleware>[0]): void {
  const { scope, prompt } = ctx.query
  if (typeof scope !== 'string' || !scope.split(' ').includes('offline_access') || Array.isArray(prompt)) return
  const prompts = (prompt ?? '').split(' ').filter(Boolean)
  if (prompts.includes('none') || prompts.includes('consent')) return
  ctx.query = { ...ctx.query, prompt: [...prompts, 'consent'].join(' ') }
}
