import type { Rid } from '../search/keys.ts'
import type { AuditDetail, AuditRow, Transaction } from './store.ts'

/** A row of the audit trail, as it is kept. */
export interface TrailRow extends Omit<AuditRow, 'token' | 'detail'> {
  /** Its number, in the order of writing. */
  readonly n: bigint
  readonly token: string | null
  readonly detail: AuditDetail | null
}

export interface TrailRows {
  readonly rows: readonly TrailRow[]
  /** They need not be shown again, once the transaction has committed. */
  done(): Promise<void>
}

/** Of the advisory lock that lets one process go through the trail at a time. */
const lock = '7315602244'

/**
 * The next rows that were sealed and have not become AuditEvents, in the order of the seals and of their numbers: as many as
 * concern so many patients together, about, and one at least. Undefined when there are none.
 */
export async function nextRows(tx: Transaction, patients: number): Promise<TrailRows | undefined> {
  await tx.query(`select pg_advisory_xact_lock(${lock})`)
  for (;;) {
    const [seal] = await tx.query<{ seq: bigint; rows: string; n: bigint }>(nextSeal)
    if (!seal) return undefined
    const found = await tx.query<Stored>(rowsOfSeal, [seal.rows, seal.n, patients])
    if (found.length === 0) {
      await tx.query('update audit_shown set seq = $1, n = 0', [seal.seq])
      continue
    }
    let room = patients
    const rows = found
      .map((row) => ({ ...row, at: Number(row.at) }))
      .filter((row) => {
        const taken = room > 0
        room -= Math.max(1, row.patients.length)
        return taken
      })
    return {
      rows,
      async done() {
        await tx.query('update audit_shown set n = $1', [rows.at(-1)!.n])
      },
    }
  }
}

type Stored = Omit<TrailRow, 'at'> & { at: bigint }

/** The seal after those that are done, and the last of its rows that is. */
const nextSeal = `select s.seq, s.rows::text as rows, d.n from audit_shown d
  join lateral (select seq, rows from audit_seal where seq > d.seq order by seq limit 1) s on true`

const rowsOfSeal = `
select a.n, a.at, a.request_id as "requestId", a.interaction, a.type, a.id, a.version, a.patients, a.account_id as "accountId",
  a.person, a.client_id as "clientId", a.outcome, a.status, a.query, a.ip, a.detail, a.token
from unnest($1::int8multirange) r join audit a on a.n >= lower(r) and a.n < upper(r) and a.n > $2
order by a.n limit $3`

/** The ids of patients, also of those whose record was deleted. */
export async function patientNames(tx: Pick<Transaction, 'query'>, rids: readonly Rid[]): Promise<Map<Rid, string>> {
  const wanted = [...new Set(rids)]
  if (wanted.length === 0) return new Map()
  const rows = await tx.query<{ rid: Rid; id: string }>(
    'select rid, id from patient_v where rid = any($1) and ver = 1',
    [wanted],
  )
  return new Map(rows.map(({ rid, id }) => [rid, id]))
}
