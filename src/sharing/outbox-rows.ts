import type { Handle } from '../store/store.ts'

type Database = Pick<Handle, 'query'>

export interface NewRow {
  /** A UUID, the same for every attempt, by which a mail that came twice is known. */
  readonly message: string
  readonly channel: string
  /** Shown to administrators, as `subject` is. */
  readonly recipient: string
  readonly subject: string
  readonly content: Buffer
}

export interface ClaimedRow extends Pick<NewRow, 'message' | 'channel' | 'content'> {
  readonly id: bigint
  /** This one included. */
  readonly attempts: number
  /** Seconds since it was queued. */
  readonly age: number
}

export interface DeadRow extends Pick<NewRow, 'message' | 'channel' | 'recipient' | 'subject'> {
  readonly queued: Date
  readonly attempts: number
  readonly failure: string
}

/** Longer than any attempt takes. Whose process dies in between is taken again afterwards. */
const lease = '3 minutes'

/** The table `outbox`. Its one clock is the database's, so that processes whose clocks differ agree. */
export const outboxRows = {
  async put(database: Database, { message, channel, recipient, subject, content }: NewRow): Promise<void> {
    await database.query(
      'insert into outbox (message, channel, recipient, subject, content) values ($1, $2, $3, $4, $5)',
      [message, channel, recipient, subject, content],
      'outbox-put',
    )
  },

  /** What is due, for this process alone: the others pass over rows that are being claimed. */
  async claim(database: Database, channels: readonly string[], most: number): Promise<ClaimedRow[]> {
    const rows = await database.query<ClaimedRow>(
      `update outbox set attempts = attempts + 1, due = clock_timestamp() + interval '${lease}'
       where id in (select id from outbox where due <= clock_timestamp() and channel = any ($1)
                    order by due, id limit $2 for update skip locked)
       returning id, message, channel, content, attempts, extract(epoch from clock_timestamp() - queued)::float8 as age`,
      [channels, most],
      'outbox-claim',
    )
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  },

  async sent(database: Database, { id }: ClaimedRow): Promise<void> {
    await database.query('delete from outbox where id = $1', [id], 'outbox-sent')
  },

  /** Undefined seconds: not again. A row that somebody else has claimed since is left to him. */
  async failed(database: Database, row: ClaimedRow, failure: string, seconds: number | undefined): Promise<void> {
    await database.query(
      `update outbox set failure = $3, due = clock_timestamp() + make_interval(secs => $4)
       where id = $1 and attempts = $2`,
      [row.id, row.attempts, failure, seconds ?? null],
    )
  },

  /** What cannot be sent, oldest first. */
  dead(database: Database, most: number): Promise<DeadRow[]> {
    return database.query<DeadRow>(
      `select message, channel, recipient, subject, queued, attempts, failure from outbox
       where due is null order by id limit $1`,
      [most],
    )
  },

  /** Dead letters are due once more, as if they were new; no list: all of them. Answers how many. */
  async revive(database: Database, messages: readonly string[] | undefined): Promise<number> {
    const rows = await database.query(
      `update outbox set due = clock_timestamp(), queued = clock_timestamp(), attempts = 0
       where due is null and ($1::uuid[] is null or message = any ($1::uuid[])) returning 1`,
      [messages ?? null],
    )
    return rows.length
  },

  async count(database: Database): Promise<{ waiting: number; dead: number }> {
    const [row] = await database.query<{ waiting: number; dead: number }>(
      `select count(due)::int as waiting, (count(*) - count(due))::int as dead from outbox`,
    )
    return row!
  },

  /** Nobody has asked for them in three months. */
  async sweep(database: Database): Promise<void> {
    await database.query(`delete from outbox where due is null and queued < now() - interval '90 days'`)
  },
}
