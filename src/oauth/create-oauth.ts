/**
 * The SMART authorization server: accounts, sign-in and consent pages, tokens, and who a token stands for.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/
 */
import type { Middleware } from 'koa'
import type { Scope } from '../access/principal.ts'
import type { Store } from '../store/store.ts'
import { type AccountRows, createAccountRows, hasAccount } from './accounts/account.ts'
import { createAddressChange } from './accounts/address-change.ts'
import { createBegunSignIns } from './accounts/begun-sign-ins.ts'
import { type Codes, createCodes } from './accounts/codes.ts'
import { createExternalProvider, type ExternalSettings } from './accounts/external-provider.ts'
import { createFactorCare, createResetSecondFactor } from './accounts/factor-care.ts'
import { createFactorEnrolment } from './accounts/factor-enrolment.ts'
import { createIdentities, createLinkIdentity } from './accounts/identities.ts'
import { createIssueInvitation } from './accounts/invitation.ts'
import { createLetters, type Letters } from './accounts/letters.ts'
import { createPasskeys } from './accounts/passkeys.ts'
import { createPasswords } from './accounts/passwords.ts'
import { createRecoveryCodes } from './accounts/recovery-codes.ts'
import { revokeAll, revokeAllOf } from './accounts/revocation.ts'
import { administratorsExist, createRoles } from './accounts/roles.ts'
import { createSecondFactor, type DemandedOf } from './accounts/second-factor.ts'
import { createSessions } from './accounts/sessions.ts'
import { createSetup } from './accounts/setup.ts'
import { createSignInFailures, type SignInFailures } from './accounts/sign-in-failures.ts'
import { createThrottle, type Throttle } from './accounts/throttle.ts'
import { createTotp } from './accounts/totp.ts'
import { createAuditTrail } from './audit-trail.ts'
import { createProofCheck } from './dpop-proof.ts'
import { createRoutes } from './create-routes.ts'
import { smartConfigurationOf } from './endpoints/smart-configuration.ts'
import type { Log } from './log.ts'
import type { Mail } from './mail.ts'
import type { People } from './people.ts'
import type { PartyKeys } from './accounts/parties.ts'
import { createTokens } from './principal.ts'
import { houseClientId } from './provider/clients.ts'
import { createProvider } from './provider/create-provider.ts'
import { createCurrentKeys } from './provider/current-keys.ts'
import { createKeyRotation } from './key-rotation.ts'
import { derivedSecret, loadSigningKeys, publishedKeys } from './signing-keys.ts'
import { sweep, sweepWhenDue } from './sweep.ts'

export interface OAuthParts {
  /** Origin without a trailing slash. Issuer, FHIR base and every link start with it, whatever a request says. */
  publicUrl: string
  store: Pick<Store, 'query' | 'transaction' | 'audit'>
  mail: Mail
  people: People
  /** 32 bytes or more, the same for every process and start; cookies, codes and signing keys depend on it. */
  masterKey: Buffer
  /** The index key of the token parameter `active` = true of Practitioner. */
  practitionerActiveKey: bigint
  /** How the index says which roles somebody holds. */
  partyKeys: PartyKeys
  ridOf: (type: string, id: string) => bigint
  /** Whether resource type and search parameters of a scope exist; others are not granted. */
  isUsableScope: (scope: Scope) => boolean
  fetchAllow: readonly string[]
  rateScale: number
  /** Of whom a second factor is demanded. */
  secondFactorOf: DemandedOf
  /** The provider that people may sign in with instead. */
  external?: ExternalSettings | undefined
  log: Log
  now?: () => number
}

export type OAuth = Awaited<ReturnType<typeof createOAuth>>

export async function createOAuth(parts: OAuthParts) {
  const { publicUrl, store, people, masterKey, practitionerActiveKey, log, now = Date.now } = parts
  const signing = derivedSecret(masterKey, 'signing keys')
  const readKeys = async () => publishedKeys(await loadSigningKeys(store, signing), now() / 1000)
  const keys = await readKeys()
  const rotation = createKeyRotation({ store, masterKey, now })
  const passwords = await createPasswords()
  const codes = createCodes({ secret: derivedSecret(masterKey, 'codes') })
  const accounts = createAccountRows({ practitionerActiveKey })
  const letters = createLetters({ mail: parts.mail, publicUrl })
  const throttle = createThrottle({ database: store, scale: parts.rateScale })
  const audit = createAuditTrail(store)
  const signInFailures = createSignInFailures({ throttle })
  const second = secondFactorParts(parts, { codes, letters, throttle, signInFailures })
  const tokens = createTokens({
    database: store,
    practitionerActiveKey,
    partyKeys: parts.partyKeys,
    houseClient: houseClientId,
    fhirBase: `${publicUrl}/fhir`,
    isProven: createProofCheck({ database: store, publicUrl }),
  })
  const patientRid = (id: string) => parts.ridOf('Patient', id)
  const cookieKeys = [derivedSecret(masterKey, 'cookies').toString('base64url')]
  const authorization = createProvider({
    ...{ publicUrl, database: store, keys, cookieKeys, accounts, tokens, patientRid },
    ...{ isUsable: parts.isUsableScope, fetchAllow: parts.fetchAllow, secondFactor: second.secondFactor },
  })
  const currentKeys = createCurrentKeys({ provider: authorization.provider, readKeys, log, now })
  authorization.provider.on('server_error', (_ctx, error) =>
    log.error({ err: error }, 'the authorization server failed'),
  )
  const setup = createSetup({ store, passwords, codes, people, publicUrl })
  const roles = createRoles({ accounts })
  const routes: readonly Middleware[] = createRoutes({
    rateScale: parts.rateScale,
    ...{ ...authorization, currentKeys, publicUrl, store, people, patientRid, log },
    ...{ accounts, codes, letters, passwords, throttle, signInFailures, audit, tokens, setup, ...second },
    sessions: createSessions({ store }),
    addressChange: createAddressChange({ store, codes, letters }),
    external: externalParts(parts, { accounts, letters }),
  })

  return {
    /** To be used before anything that reads bodies; each passes on what is not its own. */
    routes,
    /** The caller that an access token stands for: one statement, by name. Undefined: answer 401. */
    principalOf: tokens.principalOf,
    /** For whom the token stands, and stood the last time. */
    callerOf: tokens.callerOf,
    smartConfiguration: () => smartConfigurationOf(publicUrl),
    /** At every start, after the migrations. With a link: show it, it makes the first administrator. */
    bootstrapAdministrator: setup.bootstrapAdministrator,
    administratorsExist: () => administratorsExist(store),
    /** For `$invite`; in the transaction of whoever calls, like all below. */
    issueInvitation: createIssueInvitation({ codes }),
    linkIdentity: createLinkIdentity({ issuer: parts.external?.issuer }),
    resetSecondFactor: createResetSecondFactor({ letters }),
    ...roles,
    hasAccount,
    revokeAll,
    revokeAllOf,
    /** Housekeeping, now. */
    sweep: () => sweep(store, rotation.removeEnded),
    /** Housekeeping, if none of the server processes has done it within the hour. */
    sweepWhenDue: () => sweepWhenDue(store, rotation.removeEnded),
  }
}

/** All that the second step of signing in is made of. */
function secondFactorParts(
  { publicUrl, store, masterKey, secondFactorOf, now = Date.now }: OAuthParts,
  found: { codes: Codes; letters: Letters; throttle: Throttle; signInFailures: SignInFailures },
) {
  const { codes, letters, throttle, signInFailures } = found
  const factorKey = derivedSecret(masterKey, 'second factors')
  const totp = createTotp({ issuer: `Chartshare ${new URL(publicUrl).host}`, now })
  const passkeys = createPasskeys({ publicUrl })
  const recoveryCodes = createRecoveryCodes({ codes })
  const begunSignIns = createBegunSignIns({ database: store })
  const shared = { store, database: store, totp, passkeys, recoveryCodes, begunSignIns, letters, factorKey, now }
  const secondFactor = createSecondFactor({ ...shared, throttle, signInFailures, demandedOf: secondFactorOf })
  return {
    ...{ secondFactor, begunSignIns },
    enrolment: createFactorEnrolment(shared),
    factorCare: createFactorCare({ ...shared, secondFactor }),
  }
}

function externalParts(
  { external: settings, publicUrl, store, masterKey }: OAuthParts,
  { accounts, letters }: { accounts: AccountRows; letters: Letters },
) {
  if (!settings) return undefined
  return {
    provider: createExternalProvider({ settings, publicUrl }),
    identities: createIdentities({ store, accounts, letters, name: settings.name }),
    journeyKey: derivedSecret(masterKey, 'external sign-ins'),
  }
}
