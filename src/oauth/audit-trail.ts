/**
 * Sign-ins, sign-outs and changes of credentials leave a row in the audit trail, the failed ones too.
 *
 * https://dicom.nema.org/medical/dicom/current/output/chtml/part15/sect_A.5.3.7.html (User Authentication)
 */
import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import type { AuditRow, Store } from '../store/store.ts'
import type { Account } from './accounts/account.ts'

export type AuditTrail = ReturnType<typeof createAuditTrail>

type Interaction =
  | 'login'
  | 'logout'
  | 'password-reset'
  | 'activate'
  | 'setup'
  | 'revoke-grant'
  | 'factor-add'
  | 'factor-remove'
  | 'recovery-codes'
  | 'session-end'
  | 'address-ask'
  | 'address-change'

export interface AuditEvent {
  readonly interaction: Interaction
  readonly outcome: AuditRow['outcome']
  readonly status: number
  readonly account?: Pick<Account, 'id' | 'person'> | undefined
  readonly clientId?: string
}

export function createAuditTrail({ audit }: Pick<Store, 'audit'>) {
  return async function record(ctx: Pick<Context, 'state' | 'ip'>, event: AuditEvent): Promise<void> {
    const { account, clientId = 'chartshare', ...rest } = event
    const person = account?.person
    const { requestId } = ctx.state as { requestId?: string }
    await audit.record({
      ...rest,
      at: Date.now(),
      requestId: requestId ?? randomUUID(),
      type: person?.type ?? null,
      id: person?.id ?? null,
      version: null,
      patients: person?.type === 'Patient' ? [person.rid] : [],
      accountId: account?.id ?? null,
      person: person ? `${person.type}/${person.id}` : null,
      clientId,
      query: null,
      ip: ctx.ip,
    })
  }
}
