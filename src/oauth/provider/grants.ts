/**
 * What a person allowed an app, with the launch context that goes with it. Each launch is a grant of its own, so that two
 * launches of one app keep two patients apart.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token
 */
import type Provider from 'oidc-provider'
import type { Handle } from '../../store/store.ts'
import { grantInUseSql, grantStandsSql } from '../accounts/revocation.ts'
import { fixedScopes } from './grantable-scopes.ts'

export const lifetime = {
  /** Seconds. "Refresh tokens usable for three months or more"; a grant outlives the refresh tokens made from it. */
  grant: 365 * 86_400,
  refreshToken: 100 * 86_400,
  session: 12 * 3_600,
  accessToken: 3_600,
} as const

export interface LaunchContext {
  readonly patient?: { readonly id: string; readonly rid: bigint }
  /** Further members of the token response: `encounter`, `intent`, `fhirContext`, `need_patient_banner`, `smart_style_url`. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface NewGrant {
  readonly accountId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly context: LaunchContext
  readonly sessionUid: string
  /** When the person signed in there, in seconds. */
  readonly signedInAt: number
}

export function createGrants(parts: { database: Pick<Handle, 'query'>; fhirBase: string; publicUrl: string }) {
  const { database, fhirBase, publicUrl } = parts

  return {
    standalone(patient: LaunchContext['patient']): LaunchContext {
      return patient
        ? { patient, extra: { need_patient_banner: true, smart_style_url: `${publicUrl}/auth/smart-style.json` } }
        : { extra: {} }
    },

    /** Uses a launch handle up. Undefined: it is used, expired, or made for another person or app. */
    async useLaunch(
      handleHash: Buffer,
      accountId: string,
      clientId: string,
      ridOf: (id: string) => bigint,
    ): Promise<LaunchContext | undefined> {
      const [row] = await database.query<{ patient_id: string; extra: Record<string, unknown> }>(
        `update smart_launch set used_at = now()
         where hash = $1 and account_id = $2 and client_id = $3 and used_at is null and expires_at > now()
         returning patient_id, extra`,
        [handleHash, accountId, clientId],
      )
      if (!row) return undefined
      const extra = { need_patient_banner: false, smart_style_url: `${publicUrl}/auth/smart-style.json`, ...row.extra }
      return { patient: { id: row.patient_id, rid: ridOf(row.patient_id) }, extra }
    },

    async save(
      provider: Provider,
      { accountId, clientId, scopes, context, sessionUid, signedInAt }: NewGrant,
    ): Promise<string> {
      const grant = new provider.Grant({ accountId, clientId })
      // The fixed ones in both places: a token for the FHIR base would leave them out of its `scope` otherwise.
      grant.addOIDCScope(scopes.filter((scope) => fixedScopes.includes(scope)).join(' '))
      grant.addResourceScope(fhirBase, scopes.join(' '))
      const grantId = await grant.save()
      const offline = scopes.includes('offline_access')
      await database.query(
        `insert into smart_grant (grant_id, account_id, client_id, scope, patient_id, patient_rid, extra, session_uid, ends_at, signed_in_at)
         values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, 
           case when $8::text is null then now() else to_timestamp($10::float8) end + $9::float8 * interval '1 second', $10::float8)`,
        [
          grantId,
          accountId,
          clientId,
          scopes.join(' '),
          context.patient?.id ?? null,
          context.patient?.rid ?? null,
          JSON.stringify(context.extra),
          offline ? null : sessionUid,
          offline ? lifetime.grant : lifetime.session,
          signedInAt,
        ],
      )
      return grantId
    },

    /** What the grant adds to tokens and their responses. */
    async contextOf(grantId: string): Promise<Record<string, unknown>> {
      const [row] = await database.query<{ patient_id: string | null; extra: Record<string, unknown> }>(
        'select patient_id, extra from smart_grant where grant_id = $1',
        [grantId],
        'grant-context',
      )
      return { ...(row?.patient_id ? { patient: row.patient_id } : {}), ...row?.extra }
    },

    /** Asked when a token is refreshed, by which the session is used. */
    async isAlive(grantId: string): Promise<boolean> {
      const rows = await database.query(
        `with alive as (
           select g.session_uid from smart_grant g join oauth_account a on a.id = g.account_id
           where g.grant_id = $1 and ${grantStandsSql} and ${grantInUseSql}
         ), used as (update oauth_session s set last_used = now() from alive where s.uid = alive.session_uid)
         select from alive`,
        [grantId],
      )
      return rows.length > 0
    },
  }
}

export type Grants = ReturnType<typeof createGrants>
