/**
 * What happens to sign-ins, tokens, apps and credentials leaves a row in the audit trail, what is refused too. The row is
 * durable before the answer leaves. No password, code, token or secret is in it.
 *
 * https://dicom.nema.org/medical/dicom/current/output/chtml/part15/sect_A.5.3.7.html (User Authentication)
 */
import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import type { Principal } from '../access/principal.ts'
import type { AuditDetail, AuditRow, Store, Transaction } from '../store/store.ts'
import type { Account } from './accounts/account.ts'
import { type AuditEventName, auditEvents } from './audit-events.ts'

export type AuditTrail = ReturnType<typeof createAuditTrail>

export interface AuditEvent {
  readonly interaction: AuditEventName
  readonly outcome: AuditRow['outcome']
  readonly status: number
  /** Who did it, as far as it is known. */
  readonly account?: Pick<Account, 'id' | 'person'> | undefined
  /** The app through which it was done. */
  readonly clientId?: string | undefined
  /** What it was done to, and the error that was answered. */
  readonly detail?: AuditDetail | undefined
}

type Request = Pick<Context, 'state' | 'ip'>

export function createAuditTrail({ audit }: Pick<Store, 'audit'>) {
  return async function record(request: Request | undefined, event: AuditEvent): Promise<void> {
    await audit.record(rowOf(request, event))
  }
}

/** With what it tells of, or not at all. */
export async function auditWithin(tx: Transaction, request: Request | undefined, event: AuditEvent): Promise<void> {
  await tx.resources.put([], [rowOf(request, event)])
}

function rowOf(request: Request | undefined, event: AuditEvent): AuditRow {
  const { account, clientId = 'chartshare', interaction, outcome, status, detail } = event
  const person = account?.person
  const { requestId } = (request?.state ?? {}) as { requestId?: string }
  return {
    ...{ interaction, outcome, status, clientId },
    at: Date.now(),
    requestId: requestId ?? randomUUID(),
    type: person?.type ?? null,
    id: person?.id ?? null,
    version: null,
    patients: person?.type === 'Patient' ? [person.rid] : [],
    accountId: account?.id ?? null,
    person: person ? `${person.type}/${person.id}` : null,
    query: null,
    ip: request?.ip ?? null,
    detail: { ...auditEvents[interaction], ...detail },
  }
}

/** Whoever calls with a token, as the trail names him. */
export function actorOf({ accountId, person, clientId }: Principal): Pick<AuditEvent, 'account' | 'clientId'> {
  return { clientId, account: accountId === undefined ? undefined : { id: accountId, ...(person ? { person } : {}) } }
}

export function outcomeOf(status: number): AuditRow['outcome'] {
  return status < 400 ? 'success' : status < 500 ? 'refused' : 'failed'
}
