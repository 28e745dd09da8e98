import { randomUUID } from 'node:crypto'
import { seal, unseal } from '../store/seal.ts'
import type { Handle, Store, Transaction } from '../store/store.ts'
import { type ClaimedRow, type DeadRow, outboxRows } from './outbox-rows.ts'
import { retryAfter } from './retry.ts'

/** One way out of the server: mail today; what subscribers are told has its own, later. */
export interface Channel {
  /** Resolves when the other side has taken it. `message` is the same for every attempt. */
  deliver(content: unknown, message: string): Promise<void>
  /** The other side has said no for good: it is not asked again. */
  isRefusal(error: unknown): boolean
  /** It takes no time worth speaking of, so that a request waits for it. */
  readonly isInstant: boolean
}

export interface Outgoing {
  readonly channel: string
  readonly recipient: string
  readonly subject: string
  readonly content: unknown
}

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  channels: Readonly<Record<string, Channel>>
  /** 32 bytes; what waits is sealed with it. */
  key: Buffer
  log: { warn(details: object, text: string): void; error(details: object, text: string): void }
}

export type Outbox = ReturnType<typeof createOutbox>

const atOnce = 5
/** Milliseconds of one attempt, well within the lease. */
const patience = 90_000
/** How often a process looks for what others left behind, and for what is to be tried again. */
const interval = 30_000
/** Milliseconds that a stop waits for what is being sent. */
const farewell = 5_000

/**
 * What is told to the outside is a row in the transaction of what it tells of: it leaves if and only if that is stored, at
 * least once, whatever process dies when. Any number of processes may send from one database.
 *
 * https://microservices.io/patterns/data/transactional-outbox.html
 */
export function createOutbox({ store, channels, key, log }: Parts) {
  const names = Object.keys(channels)
  let running: Promise<void> | undefined
  let again: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function attempt(row: ClaimedRow): Promise<void> {
    const { channel: name, message } = row
    const channel = channels[name]!
    try {
      const content: unknown = JSON.parse(unseal(row.content, key, message))
      await withinPatience(channel.deliver(content, message))
    } catch (error) {
      const again = channel.isRefusal(error) ? undefined : retryAfter(row)
      const failure = String((error as Error).message ?? error).slice(0, 500)
      await outboxRows.failed(store, row, failure, again)
      const details = { message, channel: name, attempts: row.attempts, code: (error as { code?: string }).code }
      if (again === undefined) log.error(details, 'not sent, and not tried again: see $dead-letters')
      else log.warn({ ...details, again }, 'not sent, tried again later')
      return
    }
    await outboxRows.sent(store, row)
  }

  async function drain(): Promise<void> {
    for (;;) {
      if (stopped) return
      const rows = await outboxRows.claim(store, names, atOnce)
      await Promise.all(rows.map(attempt))
      if (rows.length < atOnce) return
    }
  }

  /** Resolves when all that was due at the call has been tried. Never rejects: what is left is found the next time. */
  function wake(): Promise<void> {
    if (running) return (again ??= running.then(() => ((again = undefined), wake())))
    running = drain()
      .catch((err: unknown) => log.error({ err }, 'the outbox could not be read'))
      .finally(() => (running = undefined))
    return running
  }

  /** A request waits only for what takes no time. */
  async function soon(named: readonly string[]): Promise<void> {
    const sending = wake()
    if (named.every((name) => channels[name]!.isInstant)) await sending
  }

  return {
    wake,

    /** Kept when the transaction commits, and sent soon after. */
    async put(tx: Transaction, { channel, recipient, subject, content }: Outgoing): Promise<void> {
      const message = randomUUID()
      const sealed = seal(JSON.stringify(content), key, message)
      await outboxRows.put(tx, { message, channel, recipient, subject, content: sealed })
      tx.afterCommit(() => soon([channel]))
    },

    dead: (database: Pick<Handle, 'query'>, most: number): Promise<DeadRow[]> => outboxRows.dead(database, most),

    /** Tries dead letters once more; all of them when none is named. Answers how many. */
    async sendAgain(tx: Transaction, messages: readonly string[] | undefined): Promise<number> {
      const revived = await outboxRows.revive(tx, messages)
      tx.afterCommit(() => soon(names))
      return revived
    },

    count: () => outboxRows.count(store),
    sweep: () => outboxRows.sweep(store),

    /** From now on what is due is sent, beginning with what a process before this one left. */
    async start(): Promise<void> {
      timer = setInterval(() => void wake(), interval).unref()
      await soon(names)
    },

    /** What is not sent yet is sent by the next process. */
    async stop(): Promise<void> {
      stopped = true
      clearInterval(timer)
      let late: NodeJS.Timeout | undefined
      await Promise.race([again ?? running, new Promise((done) => (late = setTimeout(done, farewell)))])
      clearTimeout(late)
    },
  }
}

async function withinPatience(sending: Promise<void>): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, fail) => {
    late = setTimeout(() => fail(new Error('The other side took too long.')), patience)
  })
  try {
    await Promise.race([sending, tooLate])
  } finally {
    clearTimeout(late)
  }
}
