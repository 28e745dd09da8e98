/**
 * Tokens that are bound to a key of the app: each request shows by a fresh signature that the sender has the key, so that a token
 * that was stolen opens nothing.
 *
 * https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 */
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { Database } from './accounts/account.ts'
import type { Principal } from '../access/principal.ts'
import { parseUrl } from './parse-url.ts'

export const proofAlgorithms = ['ES256', 'ES384', 'Ed25519', 'EdDSA']

/** What came in with a request under the scheme DPoP. */
export interface PresentedProof {
  /** The header of that name. */
  readonly proof: string
  readonly method: string
  readonly path: string
  /** Asked before the proof is used up and its use kept; what it throws is the answer. */
  readonly admit?: (principal: Principal) => Promise<void>
}

/** Seconds that clocks may differ and requests may travel, in both directions; as at the token endpoint. */
const window = 300

export type ProofCheck = ReturnType<typeof createProofCheck>

/** `jkt`: the thumbprint of the key that `token` is bound to, which stands for `principal`. */
export function createProofCheck({ database, publicUrl }: { database: Database; publicUrl: string }) {
  return async function isProven(
    { token, jkt, principal }: { token: string; jkt: string; principal: Principal },
    presented: PresentedProof,
  ): Promise<boolean> {
    const jti = await verified(token, jkt, presented, publicUrl)
    if (jti === undefined) return false
    await presented.admit?.(principal)
    return firstUse(database, jkt, jti)
  }
}

/** The proof's `jti`; undefined when it does not hold for this request. */
async function verified(
  token: string,
  jkt: string,
  { proof, method, path }: PresentedProof,
  publicUrl: string,
): Promise<string | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: proofAlgorithms,
    })
    const { htm, htu, iat, ath, jti } = payload
    const fresh = iat !== undefined && Math.abs(Date.now() / 1000 - iat) <= window
    const target = parseUrl(htu)
    const here = target !== undefined && target.origin + target.pathname === new URL(publicUrl + path).href
    const bound = ath === createHash('sha256').update(token).digest('base64url')
    if (htm !== method || !here || !fresh || !bound) return undefined
    if (typeof jti !== 'string' || jti === '' || jti.length > 256) return undefined
    return (await calculateJwkThumbprint(protectedHeader.jwk!)) === jkt ? jti : undefined
  } catch {
    return undefined
  }
}

/** In the database, so that a proof that one process has seen is used up for all of them. */
async function firstUse(database: Database, jkt: string, jti: string): Promise<boolean> {
  const rows = await database.query(
    `insert into oidc_payload (model, id, payload, expires_at)
     values ('ReplayDetection', $1, '{}', now() + $2::float8 * interval '1 second') on conflict do nothing returning true`,
    [createHash('sha256').update(`dpop ${jkt} ${jti}`).digest('base64url'), 2 * window],
    'dpop-first-use',
  )
  return rows.length > 0
}
