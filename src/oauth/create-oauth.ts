/**
 * The SMART authorization server: accounts, sign-in and consent pages, tokens, and who a token stands for.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/
 */
import type { Middleware } from 'koa'
import type { Scope } from '../access/principal.ts'
import type { Store } from '../store/store.ts'
import { createAccountRows } from './accounts/account.ts'
import { createCodes } from './accounts/codes.ts'
import { createIssueInvitation } from './accounts/invitation.ts'
import { createLetters } from './accounts/letters.ts'
import { createPasswords } from './accounts/passwords.ts'
import { revokeAll, revokeAllOf } from './accounts/revocation.ts'
import { administratorsExist, createRoles } from './accounts/roles.ts'
import { createSetup } from './accounts/setup.ts'
import { createThrottle } from './accounts/throttle.ts'
import { createAuditTrail } from './audit-trail.ts'
import { createRoutes } from './create-routes.ts'
import { smartConfigurationOf } from './endpoints/smart-configuration.ts'
import type { Log } from './log.ts'
import type { Mail } from './mail.ts'
import type { People } from './people.ts'
import { createTokens } from './principal.ts'
import { houseClientId } from './provider/clients.ts'
import { createProvider } from './provider/create-provider.ts'
import { derivedSecret, loadSigningKeys } from './signing-keys.ts'
import { sweep } from './sweep.ts'

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
  ridOf: (type: string, id: string) => bigint
  /** Whether resource type and search parameters of a scope exist; others are not granted. */
  isUsableScope: (scope: Scope) => boolean
  fetchAllow: readonly string[]
  rateScale: number
  log: Log
}

export type OAuth = Awaited<ReturnType<typeof createOAuth>>

export async function createOAuth(parts: OAuthParts) {
  const { publicUrl, store, people, masterKey, practitionerActiveKey, log } = parts
  const keys = await loadSigningKeys(store, derivedSecret(masterKey, 'signing keys'))
  const passwords = await createPasswords()
  const codes = createCodes({ secret: derivedSecret(masterKey, 'codes') })
  const accounts = createAccountRows({ practitionerActiveKey })
  const letters = createLetters({ mail: parts.mail, publicUrl })
  const throttle = createThrottle({ database: store, scale: parts.rateScale })
  const audit = createAuditTrail(store)
  const tokens = createTokens({
    database: store,
    practitionerActiveKey,
    houseClient: houseClientId,
    fhirBase: `${publicUrl}/fhir`,
  })
  const patientRid = (id: string) => parts.ridOf('Patient', id)
  const cookieKeys = [derivedSecret(masterKey, 'cookies').toString('base64url')]
  const authorization = createProvider({
    ...{ publicUrl, database: store, keys, cookieKeys, accounts, tokens, patientRid },
    ...{ isUsable: parts.isUsableScope, fetchAllow: parts.fetchAllow },
  })
  authorization.provider.on('server_error', (_ctx, error) =>
    log.error({ err: error }, 'the authorization server failed'),
  )
  const setup = createSetup({ store, passwords, codes, people, publicUrl })
  const roles = createRoles({ accounts })
  const routes: readonly Middleware[] = createRoutes({
    ...{ ...authorization, publicUrl, store, people, patientRid, log },
    ...{ accounts, codes, letters, passwords, throttle, audit, tokens, setup },
  })

  return {
    /** To be used before anything that reads bodies; each passes on what is not its own. */
    routes,
    /** The caller that an access token stands for: one statement, by name. Undefined: answer 401. */
    principalOf: tokens.principalOf,
    smartConfiguration: () => smartConfigurationOf(publicUrl),
    /** At every start, after the migrations. With a link: show it, it makes the first administrator. */
    bootstrapAdministrator: setup.bootstrapAdministrator,
    administratorsExist: () => administratorsExist(store),
    /** For `$invite`; in the transaction of whoever calls, like all below. */
    issueInvitation: createIssueInvitation({ codes }),
    ...roles,
    revokeAll,
    revokeAllOf,
    /** Housekeeping, about once an hour. */
    sweep: () => sweep(store),
  }
}
