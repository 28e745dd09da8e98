import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** How a person is known at the other provider. */
export interface Colleague {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly amr?: string[]
  /** When he was last asked there, in seconds; just now unless it is told. */
  readonly askedAt?: number
}

/** A hospital's own OpenID Connect provider, which signs in whoever the test says, and asks nothing. */
export async function startExternalProvider(callback: () => string) {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const people = new Map<string, Colleague>()
  let who: Colleague | undefined
  let forges = false
  let deaf = false
  let provider: Provider | undefined

  /** Made late: the redirect URI is known when our own server runs. */
  function ready(): Provider {
    provider ??= new Provider(url, {
      clients: [{ client_id: 'chartshare', client_secret: 'a secret of both sides', redirect_uris: [callback()] }],
      cookies: { keys: ['only for tests'] },
      claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...people.get(id)! }) }),
      async loadExistingGrant(ctx) {
        const { client, session } = ctx.oidc
        const grant = new ctx.oidc.provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! })
        grant.addOIDCScope('openid email')
        await grant.save()
        return grant
      },
    })
    return provider
  }

  server.on('request', (request, response) => {
    if (forges && request.url === '/token') {
      const end = response.end.bind(response) as (body: string) => typeof response
      response.end = ((body: string) => end(withForgedSignature(String(body)))) as typeof response.end
    }
    if (deaf) request.url = request.url!.replace(/&(?:prompt|max_age)=[^&]*/g, '')
    if (!request.url!.startsWith('/interaction/')) return void ready().callback()(request, response)
    const result = who
      ? {
          login: {
            accountId: who.sub,
            ...(who.amr ? { amr: who.amr } : {}),
            ...(who.askedAt ? { ts: who.askedAt } : {}),
          },
        }
      : { error: 'access_denied', error_description: 'not today' }
    return void ready().interactionFinished(request, response, result)
  })

  return {
    url,
    /** Undefined: whoever comes next changes his mind. */
    signsIn(colleague: Colleague | undefined) {
      who = colleague
      if (colleague) people.set(colleague.sub, colleague)
    },
    /** From now on, or no more: tokens whose signature is not the provider's. */
    forgesSignatures(yes: boolean) {
      forges = yes
    },
    /** From now on, or no more: whoever is known passes, and nobody hears when he was asked. */
    letsPass(yes: boolean) {
      deaf = yes
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function withForgedSignature(body: string): string {
  return body.replace(/("id_token":"[^".]+\.[^".]+\.)([^"]+)/, (_all, head: string, signature: string) => {
    return head + 'A'.repeat(signature.length)
  })
}
