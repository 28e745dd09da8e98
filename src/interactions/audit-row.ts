import type { Context } from '../access/principal.ts'
import type { Rid } from '../search/keys.ts'
import type { AuditDetail, AuditRow } from '../store/store.ts'

/** What was touched, as far as it is known; the rest of the row comes from the context. */
export interface Touched {
  type?: string | undefined
  id?: string | undefined
  version?: number | undefined
  patients?: readonly Rid[] | undefined
  query?: string | undefined
  detail?: AuditDetail | undefined
}

/** What was asked, to the letter where that is known. */
export function withRequest(interaction: object, touched: Touched): Touched {
  return 'sent' in interaction && typeof interaction.sent === 'string'
    ? { ...touched, query: interaction.sent }
    : touched
}

/** The audit trail's line for one interaction: identities, person, client and outcome, never content. */
export function auditRow(context: Context, interaction: string, touched: Touched, status: number): AuditRow {
  const { principal } = context
  return {
    at: context.now.getTime(),
    requestId: context.requestId,
    interaction,
    type: touched.type ?? null,
    id: touched.id ?? null,
    version: touched.version ?? null,
    patients: touched.patients ?? [],
    accountId: principal.accountId ?? null,
    person: principal.person ? `${principal.person.type}/${principal.person.id}` : null,
    clientId: principal.clientId,
    outcome: status < 400 ? 'success' : status < 500 ? 'refused' : 'failed',
    status,
    query: touched.query ?? null,
    ip: context.ip ?? null,
    ...(context.token === undefined ? {} : { token: context.token }),
    ...(touched.detail ? { detail: touched.detail } : {}),
  }
}
