/**
 * Client secrets are kept as hashes. They are 512 random bits that we made, so a plain hash is enough.
 *
 * https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type Provider from 'oidc-provider'
import type { AdapterPayload } from 'oidc-provider'

const prefix = 'sha256:'

/** Leaves alone what is hashed already: the library stores again what it has read. */
export function hashSecret(secret: string): string {
  return isHashed(secret) ? secret : prefix + createHash('sha256').update(secret).digest('base64url')
}

export function isHashed(secret: string): boolean {
  return secret.startsWith(prefix)
}

export function newSecret(): { secret: string; hashed: string } {
  const secret = randomBytes(64).toString('base64url')
  return { secret, hashed: hashSecret(secret) }
}

export function usesSecret({ token_endpoint_auth_method: method }: AdapterPayload): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post'
}

/** The library compares what a client sends with what is stored: here, hash with hash. */
export function compareHashedSecrets(provider: Provider): void {
  const client = provider.Client as unknown as {
    prototype: { compareClientSecret(this: { clientSecret?: string }, actual: string): boolean }
  }
  client.prototype.compareClientSecret = function compareClientSecret(actual) {
    if (!this.clientSecret || isHashed(actual)) return false
    const [expected, given] = [this.clientSecret, actual].map((secret) => Buffer.from(hashSecret(secret)))
    return expected!.length === given!.length && timingSafeEqual(expected!, given!)
  }
}
