/**
 * Another OpenID Connect provider, such as the hospital's, that people sign in with: authorization code with PKCE, state and
 * nonce. Its keys and addresses are asked for at the first sign-in, so that this server starts without it.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
 */
import type { Configuration, IDToken } from 'openid-client'

export interface ExternalSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** How people call it. */
  readonly name: string
}

/** What has to be remembered between leaving and coming back. */
export interface Journey {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** When it began, in seconds. */
  readonly began: number
  /** The person has to be asked there, however long he has been signed in. */
  readonly fresh: boolean
}

export interface ExternalPerson {
  readonly issuer: string
  readonly subject: string
  /** Only an address that the provider has verified. */
  readonly email: string | undefined
  /** The provider has seen a second factor itself. */
  readonly twoSteps: boolean
  /** The provider says that it asked the person during this journey. */
  readonly askedNow: boolean
}

export type ExternalProvider = ReturnType<typeof createExternalProvider>

const timeoutSeconds = 10
/** So far the clocks of both sides may be apart. */
const clockSkewSeconds = 30
const now = () => Math.floor(Date.now() / 1000)
const library = () => import('openid-client')

export function createExternalProvider({ settings, publicUrl }: { settings: ExternalSettings; publicUrl: string }) {
  const { issuer, clientId, clientSecret, name } = settings
  const callback = `${publicUrl}/login/external/callback`
  let known: Promise<Configuration> | undefined

  async function discover(): Promise<Configuration> {
    const { allowInsecureRequests, discovery, enableNonRepudiationChecks } = await library()
    // The settings admit http: for a provider on this machine alone.
    const insecure = issuer.startsWith('http:') ? [allowInsecureRequests] : []
    // Without the latter the library would trust TLS alone, as the standard allows, and look at no signature.
    const execute = [...insecure, enableNonRepudiationChecks]
    return discovery(new URL(issuer), clientId, clientSecret, undefined, { execute, timeout: timeoutSeconds })
  }

  /** A provider that did not answer is asked again by the next sign-in. */
  function configuration(): Promise<Configuration> {
    known ??= discover().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }

  /** From the ID token, or from where the provider tells it instead. */
  async function verifiedEmail(
    config: Configuration,
    accessToken: string,
    claims: IDToken,
  ): Promise<string | undefined> {
    const { fetchUserInfo } = await library()
    const asked = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined
    const told = asked ? await fetchUserInfo(config, accessToken, claims.sub) : claims
    return told['email_verified'] === true && typeof told['email'] === 'string' ? told['email'] : undefined
  }

  return {
    ...{ name, issuer },

    async leave(fresh: boolean): Promise<{ address: string; journey: Journey }> {
      const { buildAuthorizationUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier, randomState } =
        await library()
      const journey = {
        ...{ state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() },
        ...{ began: now(), fresh },
      }
      const address = buildAuthorizationUrl(await configuration(), {
        ...{ redirect_uri: callback, scope: 'openid email', state: journey.state, nonce: journey.nonce },
        code_challenge: await calculatePKCECodeChallenge(journey.verifier),
        code_challenge_method: 'S256',
        // Either means the same; some know but one of them, and only the latter makes `auth_time` a duty.
        ...(fresh ? { prompt: 'login', max_age: '0' } : {}),
      })
      return { address: address.href, journey }
    },

    /** Throws when the answer is not the one to this journey, whoever sent it. */
    async arrive(query: string, { state, nonce, verifier, began }: Journey): Promise<ExternalPerson> {
      const { authorizationCodeGrant } = await library()
      const config = await configuration()
      const tokens = await authorizationCodeGrant(config, new URL(`${callback}?${query}`), {
        ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
      })
      const claims = tokens.claims()!
      return {
        ...{ issuer, subject: claims.sub },
        email: await verifiedEmail(config, tokens.access_token, claims),
        askedNow: typeof claims.auth_time === 'number' && claims.auth_time >= began - clockSkewSeconds,
        twoSteps: Array.isArray(claims['amr']) && claims['amr'].includes('mfa'),
      }
    },
  }
}
