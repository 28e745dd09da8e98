/**
 * A DPoP proof that comes to the token endpoint again answers as such. The library calls it a wrong grant, and of parallel uses the
 * adapter sees only that something was used before.
 *
 * https://www.rfc-editor.org/rfc/rfc9449#section-5
 */
import { hash } from 'node:crypto'
import { decodeJwt } from 'jose'
import type Provider from 'oidc-provider'
import type { errors, KoaContextWithOIDC } from 'oidc-provider'
import { sendError } from '../endpoints/send-error.ts'
import { UsedBefore } from './adapter.ts'

/** To be called before others listen, so that they hear of the same error. */
export function nameReplayedProofs(provider: Provider): void {
  provider.on('grant.error', (ctx, error) => {
    if (!isOfProof(ctx, error)) return
    const name = 'invalid_dpop_proof'
    Object.assign(error, { message: name, error: name, error_description: 'the proof was used before' })
    ctx.remove('WWW-Authenticate')
    sendError(ctx, 400, name, 'the proof was used before')
  })
}

function isOfProof(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): boolean {
  if (!(error instanceof UsedBefore)) return error.error_detail === 'DPoP proof JWT Replay detected'
  const { clientId } = ctx.oidc.entities.Client ?? {}
  try {
    return error.id === hash('sha256', `${clientId}${decodeJwt(ctx.get('dpop')).jti}`, 'base64url')
  } catch {
    return false
  }
}
