import type { Keys } from '../../search/keys.ts'
import type { Database, Session } from '../open-database.ts'
import type { Handle, Transaction } from '../store.ts'
import { retried } from './retried.ts'

const lockClass = 1
/** Locks live in shared memory, and a Bundle may ask for thousands: texts share this many of them. */
const lockBits = 12

interface Parts {
  database: Database
  keys: Keys
  /** The rest of the handle: `write` begins the transaction, `read` is a part of it once it has begun. */
  bind: (write: Handle['query'], read: Handle['query']) => Pick<Handle, 'resources' | 'grants'>
  /** Hears of what failed after the commit, when nobody can be told any more. */
  onError: (error: unknown) => void
}

export function createTransactions({ database, keys, bind, onError }: Parts): Handle['transaction'] {
  return (work) => retried(() => once(work))

  async function once<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const connection = createLazyConnection(database)
    const { query } = connection
    const afterwards: (() => Promise<void>)[] = []
    const tx: Transaction = {
      ...bind(query, (text, values, name) => (connection.begun() ? query : database.query)(text, values, name)),
      query,
      begun: () => connection.begun(),
      transaction: (inner) => inner(tx),
      lock: (texts) => connection.begin(lockStatement(keys, texts)),
      afterCommit: (act) => void afterwards.push(act),
    }
    const result = await committed(connection, () => work(tx))
    for (const act of afterwards) await act().catch(onError)
    return result
  }

  async function committed<T>(connection: ReturnType<typeof createLazyConnection>, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      await connection.commit()
      return result
    } catch (error) {
      await connection.rollback()
      throw error
    }
  }
}

/** The keys are numbers of our own, so they may stand in the text, which lets the first lock travel with BEGIN. */
function lockStatement(keys: Keys, texts: readonly string[]): string | undefined {
  if (texts.length === 0) return undefined
  const wanted = texts.map((text) => Number(BigInt.asUintN(lockBits, keys.key('lock', text))))
  const sorted = [...new Set(wanted)].sort((a, b) => a - b)
  return `select pg_advisory_xact_lock(${lockClass}, k) from unnest('{${sorted.join(',')}}'::int4[]) k`
}

/**
 * A connection that is taken, and a transaction that begins, at the first statement. Statements run one after the other. The
 * first that fails decides the outcome: Postgres would turn a later COMMIT into a silent ROLLBACK.
 */
function createLazyConnection(database: Database) {
  let opened: Promise<Session> | undefined
  let ended = false
  let failure: { error: unknown } | undefined

  async function open(first: string | undefined): Promise<Session> {
    const session = await database.session()
    try {
      await session.query(first === undefined ? 'begin' : `begin; ${first}`)
      return session
    } catch (error) {
      session.release(true)
      throw error
    }
  }

  /** Begins, and runs a statement without parameters; in one round trip when nothing ran before. */
  async function begin(text: string | undefined): Promise<void> {
    if (text === undefined) return
    if (opened) await query(text)
    else await remember(() => (opened = open(text)))
  }

  function query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]> {
    return remember(async () => (await (opened ??= open(undefined))).query<Row>(text, values, name))
  }

  async function remember<T>(act: () => Promise<T>): Promise<T> {
    if (ended) throw new Error('The transaction has ended.')
    try {
      return await act()
    } catch (error) {
      failure ??= { error }
      throw error
    }
  }

  async function end(text: 'commit' | 'rollback'): Promise<void> {
    ended = true
    const session = await opened?.catch(() => undefined)
    if (!session) return
    try {
      await session.query(text)
      session.release()
    } catch (error) {
      session.release(true)
      if (text === 'commit') throw error
    }
  }

  return {
    begin,
    begun: () => opened !== undefined,
    query,
    async commit() {
      if (failure) throw failure.error
      await end('commit')
    },
    rollback: () => (ended ? Promise.resolve() : end('rollback')),
  }
}
