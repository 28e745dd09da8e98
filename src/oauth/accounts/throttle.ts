/**
 * Slows guessing down. The counters live in the database, so that they hold for all server processes and over a restart; each
 * question is one statement that also counts, so that parallel guesses cannot slip by. Never a permanent lockout.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#throttle
 */
import { createHash } from 'node:crypto'
import type { Database } from './account.ts'

export interface Verdict {
  readonly admitted: boolean
  /** Until the next one is admitted. */
  readonly seconds: number
}

const admitted: Verdict = { admitted: true, seconds: 0 }

export type Throttle = ReturnType<typeof createThrottle>

/** `scale` multiplies every number of free tries; 0 switches all off. */
export function createThrottle({ database, scale }: { database: Database; scale: number }) {
  const key = (parts: readonly string[]) => createHash('sha256').update(parts.join('\u001f')).digest()

  async function ask(text: string, values: readonly unknown[], name: string): Promise<Verdict> {
    const [row] = await database.query<{ admitted: boolean; seconds: number }>(text, values, name)
    return row!.admitted ? admitted : { admitted: false, seconds: Math.max(1, Math.ceil(row!.seconds)) }
  }

  return {
    /** From the `free`-th attempt on, each one is followed by a pause that doubles up to `longest` seconds. */
    async attempt(parts: readonly string[], { free, longest }: { free: number; longest: number }): Promise<Verdict> {
      if (scale === 0) return admitted
      return ask(attemptSql, [key(parts), Math.ceil(free * scale), longest], 'throttle-attempt')
    },
    /** The attempt was no guess after all. */
    async forget(parts: readonly string[]): Promise<void> {
      if (scale > 0) await database.query('delete from oauth_throttle where key = $1', [key(parts)], 'throttle-forget')
    },
    /** So many per window. */
    async limit(parts: readonly string[], { most, seconds }: { most: number; seconds: number }): Promise<Verdict> {
      if (scale === 0) return admitted
      return ask(limitSql, [key(parts), Math.ceil(most * scale), seconds], 'throttle-limit')
    },
    /** One that `limit` counted does not count after all. */
    async refund(parts: readonly string[]): Promise<void> {
      if (scale === 0) return
      const text = 'update oauth_throttle set count = greatest(count - 1, 0) where key = $1'
      await database.query(text, [key(parts)], 'throttle-refund')
    },
  }
}

const attempts = `(case when t.resets_at <= now() then 1 else t.count + 1 end)`
const pause = (count: string) =>
  `now() + least($3::float8, power(2, least(${count} - $2::int, 30))) * interval '1 second'`

const attemptSql = `
insert into oauth_throttle as t (key, count, admitted, blocked_until, resets_at)
values ($1, 1, true, case when $2::int <= 1 then ${pause('1')} else 'epoch' end, now() + interval '1 day')
on conflict (key) do update set
  admitted = t.blocked_until <= now(),
  count = case when t.blocked_until > now() then t.count else ${attempts} end,
  blocked_until = case
    when t.blocked_until > now() then t.blocked_until
    when ${attempts} >= $2::int then ${pause(attempts)}
    else 'epoch' end,
  resets_at = case when t.resets_at <= now() then now() + interval '1 day' else t.resets_at end
returning admitted, extract(epoch from blocked_until - now())::float8 as seconds`

const limitSql = `
insert into oauth_throttle as t (key, count, admitted, resets_at)
values ($1, 1, $2::int >= 1, now() + $3::float8 * interval '1 second')
on conflict (key) do update set
  count = ${attempts},
  admitted = ${attempts} <= $2::int,
  resets_at = case when t.resets_at <= now() then now() + $3::float8 * interval '1 second' else t.resets_at end
returning admitted, extract(epoch from resets_at - now())::float8 as seconds`
