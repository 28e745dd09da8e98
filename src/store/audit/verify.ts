import type { Handle } from '../store.ts'
import type { Anchors } from './anchors.ts'
import { canonical, digestLength, digestOf, firstHead, headOf, type Sealed, type SealedRow } from './row-digests.ts'

/** "Retention ≥ 6 years": what is older may have been dropped, month by month. */
const kept = 6 * 365 * 86_400_000
const day = 86_400_000
const batch = 50

interface Seal extends Sealed {
  readonly count: number
  readonly lastAt: bigint
  readonly head: Buffer
}

export interface Verified {
  readonly rows: number
  readonly seals: number
  /** Seals whose rows are gone because their time was over. */
  readonly dropped: number
  /** Written since the last seal, which nothing vouches for yet. */
  readonly unsealed: number
  /** The first thing that does not fit; the rest of the trail was not looked at. */
  readonly problem?: string
}

interface Parts {
  query: Handle['query']
  key: Buffer
  anchors: Anchors
  now: number
  /** Seals looked at, of how many. */
  onProgress?: (done: number, total: number) => void
}

class Broken extends Error {}

/** Walks the chain from its first seal to its last, and each row that a seal covers, up to the first that does not fit. */
export async function verifySeals({ query, key, anchors, now, onProgress }: Parts): Promise<Verified> {
  const done = { rows: 0, seals: 0, dropped: 0, unsealed: 0 }
  const heads = new Map<string, string>()
  try {
    const [all] = await query<{ total: number }>('select count(*)::int4 as total from audit_seal')
    let head: Buffer = firstHead
    let last = 0n
    let firstDay: number | undefined
    for (;;) {
      const seals = await query<Seal>(sealsAfter, [last, batch])
      if (seals.length === 0) break
      for (const seal of seals) {
        if (seal.seq !== last + 1n) throw new Broken(`Seal ${last + 1n} is missing.`)
        if (!headOf(key, head, seal).equals(seal.head)) throw new Broken(`Seal ${seal.seq} was changed or moved.`)
        if (await rowsFit(seal)) done.rows += seal.count
        else done.dropped += 1
        firstDay ??= Number(seal.sealedAt)
        heads.set(String(seal.seq), seal.head.toString('hex'))
        ;[head, last] = [seal.head, seal.seq]
        done.seals += 1
        onProgress?.(done.seals, all!.total)
      }
    }
    if (firstDay !== undefined) await anchorsFit(firstDay)
    done.unsealed = await unsealedRows()
    return done
  } catch (error) {
    if (error instanceof Broken) return { ...done, problem: error.message }
    throw error
  }

  /** False when all of them were dropped with their month. */
  async function rowsFit(seal: Seal): Promise<boolean> {
    const expected = await query<{ n: bigint; at: bigint | null; text: string | null }>(rowsOf, [seal.rows])
    if (expected.length !== seal.count) throw new Broken(`Seal ${seal.seq} does not count its rows right.`)
    if (expected.every(({ text }) => text === null) && Number(seal.lastAt) < now - kept) return false
    expected.forEach(({ n, text }, place) => {
      if (text === null) throw new Broken(`Row ${n} was removed.`)
      const digest = seal.digests.subarray(place * digestLength, (place + 1) * digestLength)
      if (!digestOf(key, text).equals(digest)) throw new Broken(`Row ${n} was changed, or stands in another's place.`)
    })
    return true
  }

  async function anchorsFit(firstDay: number): Promise<void> {
    for (let at = firstDay - (firstDay % day); at <= now + day; at += day) {
      const anchor = await anchors.find(at)
      if (anchor && heads.get(anchor.seq) !== anchor.head) {
        throw new Broken(`The chain ends or differs before seal ${anchor.seq}, which was anchored on ${anchor.at}.`)
      }
    }
  }

  /** What lies below the last seal, in no seal, and is older than any transaction was slipped in. */
  async function unsealedRows(): Promise<number> {
    const [late] = await query<SealedRow>(slippedIn, [now - 2 * 3_600_000])
    if (late) throw new Broken(`Row ${late.n} was added to what had been sealed.`)
    const [open] = await query<{ n: number }>(
      'select count(*)::int4 as n from audit where n > coalesce((select upto from audit_seal order by seq desc limit 1), 0)',
    )
    return open!.n
  }
}

const sealsAfter = `select seq, process, sealed_at as "sealedAt", rows::text as rows, count, last_at as "lastAt", digests, head
  from audit_seal where seq > $1 order by seq limit $2`

const rowsOf = `select g.n, a.at, case when a.n is null then null else ${canonical} end as text
  from unnest($1::int8multirange) r cross join lateral generate_series(lower(r), upper(r) - 1) as g(n)
  left join audit a on a.n = g.n order by g.n`

const slippedIn = `with covered as (select range_agg(r) as rows from audit_seal, unnest(rows) r),
    last as (select coalesce(max(upto), 0) as upto from audit_seal where sealed_at < $1)
  select a.n from last, covered, unnest(int8multirange(int8range(1, last.upto + 1)) - coalesce(covered.rows, '{}')) gap
  join audit a on a.n >= lower(gap) and a.n < upper(gap) order by a.n limit 1`
