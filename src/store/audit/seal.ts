import type { Handle } from '../store.ts'
import { type Anchors } from './anchors.ts'
import { canonical, digestOf, firstHead, headOf, type SealedRow } from './row-digests.ts'

/** Rows of one seal at most. */
export const mostRows = 1_000

/** How long a row may be on its way, in ms: no transaction lasts so long, so what is missing by then will never come. */
const patience = 3_600_000

/** Of the advisory lock that lets one process seal at a time. */
export const sealLock = '7315602243'

interface Parts {
  key: Buffer
  /** Who seals, for the record. */
  process: string
  anchors: Anchors
}

interface Last {
  seq: bigint
  upto: bigint
  head: Buffer
}

/**
 * Seals the rows that no seal has: one link of the chain, in the transaction given, which is alone in it. Rows are found by
 * number; one that was committed late is found in the gap that it left. Answers how many there were.
 */
export function createSeal({ key, process, anchors }: Parts) {
  let anchoredOn = -1

  return async function seal(tx: Pick<Handle, 'query'>, now: number): Promise<number> {
    const rows = await tx.query<SealedRow>(unsealed, [now - patience, mostRows])
    if (rows.length === 0) return 0
    const [last] = await tx.query<Last>('select seq, upto, head from audit_seal order by seq desc limit 1')
    const before = last ?? { seq: 0n, upto: 0n, head: firstHead }
    const ns = rows.map(({ n }) => n)
    const times = rows.map(({ at }) => at)
    const [range] = await tx.query<{ rows: string }>(asRange, [ns])
    const digests = Buffer.concat(rows.map(({ text }) => digestOf(key, text)))
    const sealed = { seq: before.seq + 1n, process, sealedAt: BigInt(now), rows: range!.rows, digests }
    const head = headOf(key, before.head, sealed)
    const upto = ns.at(-1)! > before.upto ? ns.at(-1)! : before.upto
    const [first, end] = [least(times), greatest(times)]
    const values = [sealed.seq, process, now, sealed.rows, upto, rows.length, first, end, digests, head]
    await tx.query(insert, values)
    await anchor(now, sealed.seq, head)
    return rows.length
  }

  /** An anchor of a seal that is rolled back names a head that never was: it is put when nothing can go wrong but the commit. */
  async function anchor(now: number, seq: bigint, head: Buffer): Promise<void> {
    const today = Math.floor(now / 86_400_000)
    if (today === anchoredOn) return
    if (!(await anchors.find(now))) {
      await anchors.put(now, { seq: String(seq), head: head.toString('hex'), at: new Date(now).toISOString() })
    }
    anchoredOn = today
  }
}

const unsealed = `
with recent as (select range_agg(r) as covered from audit_seal s, unnest(s.rows) r where s.sealed_at > $1),
  settled as (
    select coalesce((select upto from audit_seal where sealed_at <= $1 order by seq desc limit 1), 0) as upto
  ),
  open as (
    select unnest(int8multirange(int8range(upto + 1, null)) - coalesce(covered, '{}'::int8multirange)) as gap
    from settled, recent
  )
select a.n, a.at, ${canonical} as text from (
  select inside.* from open cross join lateral (
    select * from audit where n >= lower(gap) and n < coalesce(upper(gap), 9223372036854775807) order by n limit $2
  ) inside order by n limit $2
) a order by a.n`

const asRange = 'select range_agg(int8range(n, n + 1))::text as rows from unnest($1::int8[]) n'

const insert = `insert into audit_seal (seq, process, sealed_at, rows, upto, count, first_at, last_at, digests, head)
  values ($1, $2, $3, $4::int8multirange, $5, $6, $7, $8, $9, $10)`

function least(times: readonly bigint[]): bigint {
  return times.reduce((one, other) => (other < one ? other : one))
}

function greatest(times: readonly bigint[]): bigint {
  return times.reduce((one, other) => (other > one ? other : one))
}
