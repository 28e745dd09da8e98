/**
 * Passkeys and security keys as a second factor. Attestation is not asked for: which maker's authenticator somebody uses is
 * nobody's business here.
 *
 * https://www.w3.org/TR/webauthn-3/
 */
import { isIP } from 'node:net'
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'

export interface Passkey {
  readonly credentialId: string
  readonly publicKey: Buffer
  readonly counter: number
  readonly transports: readonly string[]
}

/** The library takes half a second to load, so it is loaded when the first passkey is used. */
const library = () => import('@simplewebauthn/server')

export type Passkeys = ReturnType<typeof createPasskeys>

export function createPasskeys({ publicUrl }: { publicUrl: string }) {
  const { origin, hostname, protocol } = new URL(publicUrl)
  const local = hostname === 'localhost' || hostname.endsWith('.localhost')
  const expected = { expectedOrigin: origin, expectedRPID: hostname, requireUserVerification: false }

  return {
    /** Browsers know passkeys for names, not for addresses, and only where nobody can listen. */
    possible: (protocol === 'https:' || local) && isIP(hostname.replace(/[[\]]/g, '')) === 0,

    async creationOptions(
      { id, email }: { id: string; email: string },
      known: readonly Passkey[],
      challenge: string,
    ): Promise<PublicKeyCredentialCreationOptionsJSON> {
      const { generateRegistrationOptions } = await library()
      return generateRegistrationOptions({
        ...{ rpName: 'Chartshare', rpID: hostname, userName: email, attestationType: 'none' },
        userID: new Uint8Array(Buffer.from(id)),
        challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
        excludeCredentials: known.map(descriptor),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      })
    },

    /** The new passkey; undefined when the browser's answer is none to this challenge. */
    async created(answer: unknown, challenge: string): Promise<Passkey | undefined> {
      const { verifyRegistrationResponse } = await library()
      const response = answer as RegistrationResponseJSON
      const verdict = await refusedAsUndefined(() =>
        verifyRegistrationResponse({ response, expectedChallenge: challenge, ...expected }),
      )
      if (!verdict?.verified) return undefined
      const { id, publicKey, counter, transports = [] } = verdict.registrationInfo.credential
      return { credentialId: id, publicKey: Buffer.from(publicKey), counter, transports }
    },

    async requestOptions(known: readonly Passkey[], challenge: string): Promise<PublicKeyCredentialRequestOptionsJSON> {
      const { generateAuthenticationOptions } = await library()
      return generateAuthenticationOptions({
        rpID: hostname,
        challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
        allowCredentials: known.map(descriptor),
        userVerification: 'preferred',
      })
    },

    /** What the authenticator counted; undefined when the answer does not prove that it holds this passkey. */
    async proven(answer: unknown, challenge: string, passkey: Passkey): Promise<{ counter: number } | undefined> {
      const { verifyAuthenticationResponse } = await library()
      const response = answer as AuthenticationResponseJSON
      const credential = {
        ...{ id: passkey.credentialId, counter: passkey.counter, transports: transportsOf(passkey) },
        publicKey: new Uint8Array(passkey.publicKey),
      }
      const verdict = await refusedAsUndefined(() =>
        verifyAuthenticationResponse({ response, expectedChallenge: challenge, credential, ...expected }),
      )
      return verdict?.verified ? { counter: verdict.authenticationInfo.newCounter } : undefined
    },
  }
}

function descriptor(passkey: Passkey) {
  return { id: passkey.credentialId, transports: transportsOf(passkey) }
}

function transportsOf({ transports }: Passkey): AuthenticatorTransport[] {
  return transports as AuthenticatorTransport[]
}

/** The library throws for everything that is wrong with what a browser sent, which is anybody's to send. */
async function refusedAsUndefined<T>(verify: () => Promise<T>): Promise<T | undefined> {
  try {
    return await verify()
  } catch {
    return undefined
  }
}
