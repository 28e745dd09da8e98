/**
 * oidc-provider, configured as SMART wants it: opaque tokens, codes with PKCE S256 alone, the FHIR base as the only resource,
 * SMART scopes, launch context. The work-arounds around it live in the *-request.ts files.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/ and https://www.rfc-editor.org/rfc/rfc9700
 */
import { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { JWK } from 'jose'
import type { AccountRows, Database } from '../accounts/account.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import { proofAlgorithms } from '../dpop-proof.ts'
import { parseUrl } from '../parse-url.ts'
import type { ProviderPages } from '../pages/provider-pages.ts'
import type { Tokens } from '../principal.ts'
import type { createAdapter } from './adapter.ts'
import { type AllowedScopesParts, createAllowedScopes } from './allowed-scopes.ts'
import { createAssertionRules } from './client-assertion.ts'
import { extraClientMetadata, houseClient, type SmartClient } from './clients.ts'
import { fixedScopes } from './grantable-scopes.ts'
import { lacksFresh } from './single-sign-on.ts'
import { type Grants, lifetime } from './grants.ts'
import type { Launches } from './launches.ts'

type AllowedScopes = ReturnType<typeof createAllowedScopes>

export interface ConfigurationParts extends AllowedScopesParts {
  publicUrl: string
  database: Database
  adapter: ReturnType<typeof createAdapter>
  keys: JWK[]
  cookieKeys: readonly string[]
  accounts: AccountRows
  tokens: Tokens
  secondFactor: Pick<SecondFactor, 'after'>
  grants: Grants
  launches: Launches
  pages: ProviderPages
  /** Where the browser goes to sign in or to consent; ties the page to this browser. */
  interactionUrl: NonNullable<NonNullable<Configuration['interactions']>['url']>
}

export function createConfiguration(parts: ConfigurationParts): Configuration {
  const { publicUrl, grants, pages } = parts
  const issuer = `${publicUrl}/auth`
  const scopes = createAllowedScopes(parts)
  const secure = publicUrl.startsWith('https:')
  const prompts = policy()
  return {
    adapter: parts.adapter,
    jwks: { keys: parts.keys as never },
    clients: [houseClient(publicUrl)],
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'] },
    extraClientMetadata,
    cookies: {
      keys: parts.cookieKeys,
      names: { session: secure ? '__Host-session' : 'session', interaction: 'interaction', resume: 'resume' },
      long: { httpOnly: true, sameSite: 'lax', path: '/' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    scopes: fixedScopes,
    claims: { openid: ['sub', 'amr'], fhirUser: ['fhirUser'], profile: ['fhirUser'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    responseTypes: ['code'],
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS384', 'ES384'],
      idTokenSigningAlgValues: ['RS256', 'ES384'],
      dPoPSigningAlgValues: proofAlgorithms as never,
    },
    assertJwtClientAuthClaimsAndHeader: createAssertionRules(issuer),
    // The origin of an address of an app's own scheme is "null", and so is that of every sandboxed frame.
    clientBasedCORS: (_ctx, origin, client) =>
      origin !== 'null' && (client.redirectUris?.some((uri) => parseUrl(uri)?.origin === origin) ?? false),
    ttl: ttl(),
    // Asked just before the token is used up: who is refused here comes again with it when the app is approved.
    rotateRefreshToken(ctx) {
      scopes.ofRefresh(ctx)
      return true
    },
    issueRefreshToken(_ctx, client, code) {
      const lasting = code.scopes.has('offline_access') || code.scopes.has('online_access')
      return client.grantTypeAllowed('refresh_token') && lasting
    },
    // The library would tie a token to the latest launch of an app in a session; our grants know their own session.
    expiresWithSession: () => false,
    extraTokenClaims: async (ctx, token) =>
      tokenClaims(ctx, token as { kind: string; grantId?: string; scope?: string }, grants),
    findAccount: createFindAccount(parts),
    loadExistingGrant: createLoadExistingGrant(parts, prompts),
    extraParams: createExtraParams(parts),
    interactions: { policy: prompts, url: parts.interactionUrl },
    renderError: pages.renderError,
    features: createFeatures(parts, scopes),
  }
}

const now = () => Math.floor(Date.now() / 1000)

function ttl(): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: lifetime.accessToken,
    AuthorizationCode: 60,
    // "SHOULD be 300 seconds or less". https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html
    ClientCredentials: 300,
    IdToken: 3600,
    Interaction: 3600,
    // From the sign-in, whatever was asked for since.
    Session: (_ctx, { loginTs = now() }) => Math.min(lifetime.session, Math.max(1, loginTs + lifetime.session - now())),
    Grant: lifetime.grant,
    RefreshToken(ctx) {
      const grantEnds = ctx?.oidc?.entities.Grant?.exp ?? Number.POSITIVE_INFINITY
      return Math.max(1, Math.min(lifetime.refreshToken, grantEnds - now()))
    },
  }
}

function createFeatures(parts: ConfigurationParts, scopes: AllowedScopes): NonNullable<Configuration['features']> {
  const { tokens, pages } = parts
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    dPoP: { enabled: true },
    // Signed requests name the issuer in `aud`, which is the FHIR base for SMART.
    pushedAuthorizationRequests: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      async allowedPolicy(ctx, client, token) {
        if (token.clientId !== client.clientId) return false
        return (await tokens.find(String(ctx.oidc.params?.token))) !== undefined
      },
    },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
    },
    rpInitiatedLogout: { enabled: true, logoutSource: pages.logout, postLogoutSuccessSource: pages.loggedOut },
    registration: { enabled: true, initialAccessToken: false },
    registrationManagement: { enabled: true },
    resourceIndicators: createResourceIndicators(parts, scopes),
  }
}

function createResourceIndicators(
  parts: ConfigurationParts,
  scopes: AllowedScopes,
): NonNullable<NonNullable<Configuration['features']>['resourceIndicators']> {
  const fhirBase = `${parts.publicUrl}/fhir`
  return {
    enabled: true,
    defaultResource: () => fhirBase,
    useGrantedResource: () => true,
    getResourceServerInfo(ctx, resource, client) {
      if (resource !== fhirBase) throw new errors.InvalidTarget()
      const scope = scopes.ofRequest(ctx, client as SmartClient).join(' ')
      return { scope, audience: fhirBase, accessTokenFormat: 'opaque' }
    },
  }
}

function createFindAccount({
  accounts,
  database,
  grants,
  publicUrl,
  secondFactor,
}: ConfigurationParts): NonNullable<Configuration['findAccount']> {
  return async function findAccount(_ctx, accountId, token) {
    const account = await accounts.byId(database, accountId)
    if (!account?.mayAct || !account.person) return undefined
    if (token?.kind === 'RefreshToken' && !(await grants.isAlive((token as { grantId: string }).grantId)))
      return undefined
    const fhirUser = `${publicUrl}/fhir/${account.person.type}/${account.person.id}`
    // A token says who was let in; only a session is asked how.
    const twoSteps = token === undefined && (await secondFactor.after(account)) !== 'nothing'
    return { accountId, fhirUser, twoSteps, person: account.person, claims: () => ({ sub: accountId, fhirUser }) }
  }
}

/** Never the session's earlier grant: another launch may be about another patient. Our own app, launched in context, asks nothing. */
function createLoadExistingGrant(
  { grants, launches, grantableScopes }: ConfigurationParts,
  prompts: interactionPolicy.DefaultPolicy,
): NonNullable<Configuration['loadExistingGrant']> {
  /** The person has yet to sign in, or to take a further step of it, and comes by here again. */
  async function isOnTheWay(ctx: KoaContextWithOIDC): Promise<boolean> {
    for (const { check } of prompts.get('login')!.checks) if (await check(ctx)) return true
    return false
  }

  return async function loadExistingGrant(ctx) {
    const { client, session, params, result, provider } = ctx.oidc
    const decided = result?.consent?.grantId
    if (decided) return provider.Grant.find(decided)
    const app = client as SmartClient | undefined
    if (!app?.first_party || typeof params?.launch !== 'string' || params.prompt !== undefined) return undefined
    if (await isOnTheWay(ctx)) return undefined
    const context = await launches.use(params.launch, session!.accountId!, app.clientId)
    if (!context) throw new errors.InvalidRequest('this launch is used or expired')
    const scopes = grantableScopes(String(params.scope), app, false)
    const accountId = session!.accountId!
    const grantId = await grants.save(provider, {
      accountId,
      clientId: app.clientId,
      scopes,
      context,
      sessionUid: session!.uid,
      signedInAt: session!.loginTs ?? 0,
    })
    return provider.Grant.find(grantId)
  }
}

function createExtraParams({ publicUrl, launches }: ConfigurationParts): Configuration['extraParams'] {
  const fhirBase = `${publicUrl}/fhir`
  return {
    aud(_ctx, value) {
      if (!value) throw new errors.InvalidRequest('aud is required: the FHIR base URL')
      if (value !== fhirBase && value !== `${fhirBase}/`) throw new errors.InvalidRequest('aud is not this FHIR server')
    },
    async launch(ctx, value, client) {
      const asked = String(ctx.oidc.params?.scope ?? '').split(' ')
      if (asked.includes('launch') && !value) throw new errors.InvalidRequest('scope launch without a launch parameter')
      if (value && !(await launches.isOpen(value, client.clientId)))
        throw new errors.InvalidRequest('this launch is unknown, used or expired')
    },
  }
}

/** A session outlives a suspension, and a change of who needs a second factor; neither must lead past the login page. */
function policy(): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy
  const policies = base()
  const checks = policies.get('login')?.checks
  checks?.add(new Check('account_inactive', 'the account cannot be used now', (ctx) => !ctx.oidc.account))
  checks?.add(new Check('single_sign_on', 'a sign-in of just now is needed', 'login_required', lacksFresh))
  checks?.add(
    new Check(
      'second_factor_missing',
      'a second factor is needed',
      'login_required',
      ({ oidc }) => oidc.account?.twoSteps === true && !oidc.session?.amr?.includes('mfa'),
    ),
  )
  return policies
}

async function tokenClaims(
  ctx: KoaContextWithOIDC,
  token: { kind: string; grantId?: string; scope?: string },
  grants: Grants,
) {
  if (token.kind !== 'AccessToken' || token.grantId === undefined) return undefined
  const identified = token.scope?.split(' ').includes('fhirUser')
  const context = await grants.contextOf(token.grantId)
  return { ...context, ...(identified ? { fhirUser: ctx.oidc.account?.fhirUser } : {}) }
}
