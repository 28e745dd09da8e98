/**
 * Everything that the authorization server answers over HTTP, in the order in which requests meet it.
 *
 * https://www.rfc-editor.org/rfc/rfc6749#section-3
 */
import Router from '@koa/router'
import type { Middleware } from 'koa'
import mount from 'koa-mount'
import type { Store } from '../store/store.ts'
import type { AccountRows } from './accounts/account.ts'
import { createActivate } from './accounts/activation.ts'
import type { AddressChange } from './accounts/address-change.ts'
import type { BegunSignIns } from './accounts/begun-sign-ins.ts'
import { createConnectedApps } from './accounts/connected-apps.ts'
import type { Codes } from './accounts/codes.ts'
import type { ExternalProvider } from './accounts/external-provider.ts'
import type { FactorCare } from './accounts/factor-care.ts'
import type { FactorEnrolment } from './accounts/factor-enrolment.ts'
import type { Identities } from './accounts/identities.ts'
import type { Letters } from './accounts/letters.ts'
import { createLogin } from './accounts/login.ts'
import type { Passwords } from './accounts/passwords.ts'
import { createPasswordChange } from './accounts/password-change.ts'
import { createRecovery } from './accounts/recovery.ts'
import { createRegister } from './accounts/registration.ts'
import type { SecondFactor } from './accounts/second-factor.ts'
import type { SignInFailures } from './accounts/sign-in-failures.ts'
import type { Sessions } from './accounts/sessions.ts'
import type { createSetup } from './accounts/setup.ts'
import type { Throttle } from './accounts/throttle.ts'
import { createVerify } from './accounts/verification.ts'
import type { AuditTrail } from './audit-trail.ts'
import { createAdministrators } from './endpoints/administrators.ts'
import { clientEndpoints } from './endpoints/clients.ts'
import { connectionEndpoints } from './endpoints/connections.ts'
import { crossOrigin } from './endpoints/cross-origin.ts'
import { createFailures } from './endpoints/failures.ts'
import { discoveryEndpoints } from './endpoints/discovery.ts'
import { introspectionEndpoint } from './endpoints/introspection.ts'
import { launchEndpoint } from './endpoints/launch.ts'
import { sessionEndpoints } from './endpoints/sessions.ts'
import type { Log } from './log.ts'
import { accountAddress } from './pages/account-address.ts'
import { accountApps } from './pages/account-apps.ts'
import { accountFactors } from './pages/account-factors.ts'
import { accountPage } from './pages/account-page.ts'
import { accountPassword } from './pages/account-password.ts'
import { accountSessions } from './pages/account-sessions.ts'
import { activatePage } from './pages/activate-page.ts'
import { consentPage } from './pages/consent-page.ts'
import { enrolPage } from './pages/enrol-page.ts'
import { externalPage } from './pages/external-page.ts'
import { factorPage } from './pages/factor-page.ts'
import { forgotPage } from './pages/forgot-page.ts'
import { type FormState, refuseForeignForms } from './pages/form.ts'
import { loginPage } from './pages/login-page.ts'
import { registerPage } from './pages/register-page.ts'
import { resetPage } from './pages/reset-page.ts'
import { setupPage } from './pages/setup-page.ts'
import { createSignInWays } from './pages/sign-in-way.ts'
import { createSignedIn } from './pages/signed-in.ts'
import { createStatusCookie } from './pages/status-cookie.ts'
import { statusPage } from './pages/status-page.ts'
import { verifyPage } from './pages/verify-page.ts'
import type { People } from './people.ts'
import type { Tokens } from './principal.ts'
import { createAuditedRequests } from './provider/audited-requests.ts'
import { createAuthorizationRequest } from './provider/authorization-request.ts'
import type { Authorization } from './provider/create-provider.ts'
import { nameOfClient } from './provider/clients.ts'
import { createFormPost } from './provider/form-post.ts'
import { createLogout } from './provider/logout.ts'
import { createOwnContext } from './provider/own-context.ts'
import { createPinnedRequest } from './provider/pinned-request.ts'
import { createRegistrationRequest } from './provider/registration-request.ts'
import { createRequestLimits } from './provider/request-limits.ts'
import { createSessionPlaces } from './provider/session-places.ts'
import { createTokenRequest } from './provider/token-request.ts'

export interface RoutesParts extends Authorization {
  currentKeys: Middleware
  rateScale: number
  publicUrl: string
  store: Pick<Store, 'query' | 'transaction'>
  people: People
  accounts: AccountRows
  codes: Codes
  letters: Letters
  passwords: Passwords
  throttle: Throttle
  signInFailures: SignInFailures
  tokens: Tokens
  setup: ReturnType<typeof createSetup>
  secondFactor: SecondFactor
  begunSignIns: BegunSignIns
  enrolment: FactorEnrolment
  factorCare: FactorCare
  sessions: Sessions
  addressChange: AddressChange
  external: { provider: ExternalProvider; identities: Identities; journeyKey: Buffer } | undefined
  audit: AuditTrail
  patientRid: (id: string) => bigint
  log: Log
}

const own =
  /^\/(?:auth|register|verify|status|activate|login|account|forgot|reset|consent|setup|\.well-known)(?:\/|$)|^\/fhir\/\.well-known\//

export function createRoutes(parts: RoutesParts): Middleware[] {
  const { provider, publicUrl, jwks, pages, throttle, audit, store, tokens } = parts
  const administrators = createAdministrators(tokens)
  const issuer = `${publicUrl}/auth`
  const limits = createRequestLimits({ scale: parts.rateScale, audit })
  const within: Middleware[] = [
    parts.currentKeys,
    createAuditedRequests({ ...parts, database: store }),
    createFormPost({ pages }),
    createAuthorizationRequest({ provider, issuer, waitingPage: pages.waiting }),
    createTokenRequest({ provider, jwks }),
    limits.byClient,
    createRegistrationRequest({ provider, database: store, administrators, throttle }),
    createSessionPlaces(parts),
    createLogout({ database: store, audit, issuer }),
  ]
  for (const middleware of within) provider.use(middleware)

  const pinned = createPinnedRequest({ provider, publicUrl })
  const steps = [
    createFailures(parts),
    pinned,
    limits.byNetwork,
    crossOrigin,
    endpoints(parts, administrators).routes(),
    accountPages(parts).routes(),
    strictPages,
    createOwnContext(),
    mount('/auth', provider),
  ]
  return steps.map((step) => (ctx, next) => (own.test(ctx.path) ? (step as Middleware)(ctx, next) : next()))
}

function endpoints(parts: RoutesParts, administrators: ReturnType<typeof createAdministrators>): Router {
  const router = new Router()
  const shared = { ...parts, database: parts.store, administrators, issuer: `${parts.publicUrl}/auth` }
  discoveryEndpoints(router, parts)
  introspectionEndpoint(router, shared)
  launchEndpoint(router, shared)
  connectionEndpoints(router, shared)
  sessionEndpoints(router, shared)
  clientEndpoints(router, shared)
  return router
}

function accountPages(parts: RoutesParts): Router<FormState> {
  const { store, codes, letters, passwords, people, publicUrl } = parts
  const router = new Router<FormState>()
  const database = store
  const login = createLogin({ ...parts, database })
  const statusCookie = createStatusCookie()
  const recovery = createRecovery({ store, passwords, codes, letters })
  router.use(refuseForeignForms(publicUrl))
  registerPage(router, { ...parts, register: createRegister({ store, passwords, codes, letters }) })
  verifyPage(router, { ...parts, verify: createVerify({ store, codes, letters, people }) })
  activatePage(router, { ...parts, activate: createActivate({ store, passwords, codes, letters, people }) })
  forgotPage(router, { ...parts, forgot: recovery.forgot })
  resetPage(router, { ...parts, recovery })
  setupPage(router, parts)
  const ways = createSignInWays({ ...parts, database })
  loginPage(router, { ...parts, login, statusCookie, ways, externalName: parts.external?.provider.name })
  externalPage(router, { ...parts, ways })
  factorPage(router, { ...parts, ways })
  enrolPage(router, { ...parts, ways })
  const signedIn = createSignedIn({ ...parts, database })
  const nameOf = (clientId: string) => nameOfClient(parts.provider, clientId)
  const connectedApps = createConnectedApps({ database, nameOf })
  const showAccount = accountPage(router, { ...parts, signedIn, connectedApps })
  accountApps(router, { ...parts, signedIn, connectedApps, showAccount })
  accountFactors(router, { ...parts, signedIn, showAccount })
  accountAddress(router, { ...parts, signedIn })
  accountPassword(router, { ...parts, signedIn, changePassword: createPasswordChange(parts) })
  accountSessions(router, { ...parts, signedIn, showAccount })
  statusPage(router, { ...parts, database, login, statusCookie })
  consentPage(router, { ...parts, database })
  return router
}

/** For the few pages of the library; it adds the hash of its own script. */
const strictPages: Middleware = async function strictPages(ctx, next) {
  ctx.set(
    'Content-Security-Policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  )
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('Referrer-Policy', 'same-origin')
  return next()
}
