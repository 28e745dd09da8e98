/**
 * From an access token to who asks. Everything that can end a token's life is judged in one statement: its own expiry and
 * revocation, the grant, the browser session, the app, the account, and whether the doctor is active right now.
 *
 * https://www.rfc-editor.org/rfc/rfc6750#section-2
 */
import type { Principal, Role } from '../access/principal.ts'
import { parseScopes } from '../access/scopes.ts'
import { FhirError } from '../fhir/error.ts'
import { type Database, rolesOf } from './accounts/account.ts'
import { mayActSql } from './accounts/activity.ts'
import { type PartyKeys, partiesSql } from './accounts/parties.ts'
import { grantStandsSql } from './accounts/revocation.ts'
import { createBatched } from '../store/batched.ts'
import type { PresentedProof, ProofCheck } from './dpop-proof.ts'
import { hashToken } from './provider/adapter.ts'

type TokenModel = 'AccessToken' | 'ClientCredentials' | 'RefreshToken'

/** What is known of a token that is good at this moment. */
export interface LiveToken {
  readonly model: TokenModel
  readonly payload: {
    clientId: string
    scope?: string
    iat: number
    exp: number
    aud?: string
    extra?: Record<string, unknown>
    /** The thumbprint of the key that the token is bound to. */
    jkt?: string
  }
  readonly principal: Principal
}

interface Row {
  id: string
  model: TokenModel
  payload: LiveToken['payload']
  account_id: string | null
  roles: Role[]
  person_type: 'Practitioner' | 'Patient' | 'RelatedPerson'
  person_id: string
  person_rid: bigint
  parties: string[] | null
  patient_id: string | null
  patient_rid: bigint
}

/** `houseClient` is configured, not registered, so that it has no row. */
const text = `
select t.id, t.model, t.payload, a.id as account_id, a.roles, a.person_type, a.person_id, a.person_rid, g.patient_id, g.patient_rid,
  ${partiesSql('$6', '$7')} as parties
from oidc_payload t
left join oauth_account a on a.id = t.account_id
left join smart_grant g on g.grant_id = t.grant_id
left join oidc_payload c on c.model = 'Client' and c.id = t.client_id
where t.model = any ($1) and t.id = any ($2) and t.expires_at > now() and t.consumed_at is null
  and (t.client_id = $4 or c.payload ->> 'approval' = 'granted' and (t.model = 'RefreshToken'
    or coalesce((c.payload ->> 'changed_at')::bigint <= (t.payload ->> 'iat')::bigint, true)))
  and (t.model = 'RefreshToken' or t.payload ->> 'aud' = $5)
  and case when t.account_id is null then t.model = 'ClientCredentials'
      else g.account_id = t.account_id and ${grantStandsSql} and ${mayActSql('$3')} end`

export type Tokens = ReturnType<typeof createTokens>

/** How many tokens are remembered, those used last. */
const mostRemembered = 10_000

export function createTokens(parts: {
  database: Database
  practitionerActiveKey: bigint
  partyKeys: PartyKeys
  houseClient: string
  fhirBase: string
  isProven: ProofCheck
}) {
  const { database, practitionerActiveKey, partyKeys, houseClient, fhirBase, isProven } = parts

  /** What the tokens stood for the last time: one that still stands for the same is the same object again. */
  const remembered = new Map<string, Remembered>()

  async function live(ids: readonly string[], models: readonly TokenModel[], name: string) {
    const values = [
      models,
      [...new Set(ids)],
      practitionerActiveKey,
      houseClient,
      fhirBase,
      partyKeys.salts,
      partyKeys.active,
    ]
    return database.query<Row>(text, values, name)
  }

  function again(row: Row): LiveToken {
    const known = remembered.get(row.id)
    const from = textOf(row)
    const token = known?.from === from ? known.token : liveToken(row)
    remembered.delete(row.id)
    remembered.set(row.id, { from, token })
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!)
    return token
  }

  const access = createBatched(async (ids: readonly string[]) => {
    const rows = await live(ids, ['AccessToken', 'ClientCredentials'], 'principal-of')
    const found = new Map(rows.map((row) => [row.id, again(row)]))
    return ids.map((id) => {
      if (!found.has(id)) remembered.delete(id)
      return found.get(id)
    })
  })

  /**
   * A token that is bound to a key is of no use without a proof, and a proof of none for another token: that would hide that
   * it is not bound. Throws FhirError('unproven').
   */
  async function proven(token: string, id: string, presented?: PresentedProof): Promise<Principal | undefined> {
    const found = await access(id)
    const jkt = found?.payload.jkt
    if (jkt === undefined && presented === undefined) return found?.principal
    if (jkt === undefined || presented === undefined) return undefined
    const { principal } = found!
    if (await isProven({ token, jkt, principal }, presented)) return principal
    throw new FhirError('unproven', 'The DPoP proof is missing, was used before, or does not hold for this request.')
  }

  return {
    /**
     * The caller that an access token stands for; undefined when it is unknown, expired, revoked or foreign. Every request
     * is judged by a statement that begins after it came in; requests that come in together share one.
     */
    principalOf: (token: string, presented?: PresentedProof): Promise<Principal | undefined> =>
      proven(token, hashToken(token), presented),
    /** The same, and who the token stood for the last time it was asked about: the same object if that is still so. */
    callerOf(
      token: string,
      presented?: PresentedProof,
    ): { presumed: Principal | undefined; principal: Promise<Principal | undefined> } {
      const id = hashToken(token)
      const known = remembered.get(id)?.token
      // Nobody is taken for who he is on a token that has to be proven.
      const presumed = presented === undefined && known?.payload.jkt === undefined ? known?.principal : undefined
      return { presumed, principal: proven(token, id, presented) }
    },
    /** Any token, for introspection. */
    async find(token: string): Promise<LiveToken | undefined> {
      const models = ['AccessToken', 'ClientCredentials', 'RefreshToken'] as const
      const [row] = await live([hashToken(token)], models, 'find-token')
      return row && liveToken(row)
    },
  }
}

interface Remembered {
  /** The row that it was made from, as a text. */
  readonly from: string
  readonly token: LiveToken
}

function textOf({ person_rid, patient_rid, ...row }: Row): string {
  return JSON.stringify([row, String(person_rid), String(patient_rid)])
}

function liveToken(row: Row): LiveToken {
  return { model: row.model, payload: row.payload, principal: principal(row) }
}

function principal(row: Row): Principal {
  const { clientId, scope = '' } = row.payload
  const scopes = parseScopes(scope)
  if (row.account_id === null) return { kind: 'system', roles: [], clientId, scopes }
  return {
    kind: 'person',
    roles: effectiveRoles(row.roles.length > 0 ? row.roles : rolesOf[row.person_type]),
    person: {
      ...{ type: row.person_type, id: row.person_id, rid: BigInt(row.person_rid) },
      ...(row.parties?.length ? { parties: row.parties.map(BigInt) } : {}),
    },
    accountId: row.account_id,
    clientId,
    scopes,
    ...(row.patient_id === null ? {} : { patient: { id: row.patient_id, rid: BigInt(row.patient_rid) } }),
  }
}

/** "An `admin` has the two office roles too". */
export function effectiveRoles(roles: readonly Role[]): Role[] {
  return [...new Set<Role>(roles.includes('admin') ? [...roles, 'records-office', 'privacy-officer'] : roles)]
}
