/**
 * What SMART asks of the JWT with which a client authenticates, beyond what oidc-provider checks.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#authenticating-to-the-token-endpoint
 */
import { type Configuration, errors } from 'oidc-provider'
import type { SmartClient } from './clients.ts'

/** "This time SHALL be no more than five minutes in the future"; clocks may differ by a minute. */
const furthest = 5 * 60 + 60

export function createAssertionRules(issuer: string): NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']> {
  /** Constants: what the library accepts is made from the request. "The server's token URL" or the issuer. */
  const audiences = new Set<unknown>([issuer, `${issuer}/token`])

  return function assertionRules(_ctx, claims, header, client) {
    const refuse = (reason: string) => {
      throw new errors.InvalidClientAuth(reason)
    }
    if (claims.sub !== client.clientId) refuse('sub must be the client_id')
    if (typeof claims.exp !== 'number' || claims.exp > Date.now() / 1000 + furthest) refuse('exp is too far ahead')
    if (![claims.aud].flat().every((audience) => audiences.has(audience))) refuse('aud must be the token URL')
    if (typeof header.kid !== 'string') refuse('kid is missing')
    const registered = (client as SmartClient).smart_jwks_uri
    if (header.jku !== undefined && header.jku !== registered) refuse('jku is not the registered jwks_uri')
  }
}
