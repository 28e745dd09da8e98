/**
 * oidc-provider with its adapter and its configuration, and what the pages need of it.
 *
 * https://github.com/panva/node-oidc-provider/blob/v9.13.3/docs/README.md
 */
import type { JWK } from 'jose'
import Provider from 'oidc-provider'
import type { Scope } from '../../access/principal.ts'
import type { AccountRows, Database } from '../accounts/account.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import { createProviderPages } from '../pages/provider-pages.ts'
import type { Tokens } from '../principal.ts'
import { createAdapter } from './adapter.ts'
import { compareHashedSecrets } from './client-secret.ts'
import { createConfiguration } from './configuration.ts'
import { createGrantableScopes, createScopeProblem } from './grantable-scopes.ts'
import { createGrants } from './grants.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { createInteractions, createInteractionUrl } from './interactions.ts'
import { createJwksCache } from './jwks-cache.ts'
import { createLaunches } from './launches.ts'
import { nameReplayedProofs } from './proof-replay.ts'

interface Parts {
  publicUrl: string
  database: Database
  keys: JWK[]
  cookieKeys: readonly string[]
  accounts: AccountRows
  tokens: Tokens
  secondFactor: Pick<SecondFactor, 'after'>
  patientRid: (id: string) => bigint
  isUsable: (scope: Scope) => boolean
  fetchAllow: readonly string[]
}

export type Authorization = ReturnType<typeof createProvider>

export function createProvider({ isUsable, fetchAllow, ...parts }: Parts) {
  const { publicUrl, database, patientRid } = parts
  const jwks = createJwksCache({ fetch: createGuardedFetch(fetchAllow) })
  const grantableScopes = createGrantableScopes({ isUsable })
  const scopeProblem = createScopeProblem({ isUsable })
  const grants = createGrants({ database, fhirBase: `${publicUrl}/fhir`, publicUrl })
  const launches = createLaunches({ database, grants, patientRid })
  const pages = createProviderPages({ publicUrl })
  const adapter = createAdapter({ database, jwks })
  const interactionUrl = createInteractionUrl({ publicUrl })
  const provider = new Provider(
    `${publicUrl}/auth`,
    createConfiguration({
      ...{ ...parts, adapter, grantableScopes, scopeProblem },
      ...{ grants, launches, pages, interactionUrl },
    }),
  )
  compareHashedSecrets(provider)
  nameReplayedProofs(provider)
  const interactions = createInteractions({ provider })
  return { provider, jwks, grantableScopes, grants, launches, pages, interactions, clients: adapter('Client') }
}
