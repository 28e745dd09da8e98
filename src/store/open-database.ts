import pg from 'pg'
import { databaseError } from './pg-errors.ts'

/** A `postgres://` URL, or where the embedded server listens. */
export type Connection = string | { readonly host: string; readonly user: string; readonly database: string }

/**
 * A connection compares what a statement's shared plan costs with what it cost to plan for its first values. Where tables have
 * grown since, it plans anew for hundreds of searches, at 2 ms each.
 */
const knowsItsPlansFor = 30 * 60

export interface DatabaseOptions {
  connection: Connection
  /** One tenant, one schema: every unqualified name is looked up there. */
  schema?: string
  /** Connections at most. */
  pool?: number
  /** In milliseconds; longer statements end as `tooCostly`. */
  statementTimeout?: number
  /** In seconds; a connection that is older is closed when nobody uses it. */
  lifetime?: number
  /** Hears of idle connections that broke; the next statement opens a new one. */
  onError?: (error: Error) => void
}

export interface Database {
  readonly options: Required<Omit<DatabaseOptions, 'onError'>>
  /** One statement on any connection. `int8` values come as bigint. With a name it is prepared once per connection. */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>
  /** One connection for several statements, to be released. */
  session(): Promise<Session>
  /** How often the server was waited for since the start. */
  roundTrips(): number
  close(): Promise<void>
}

export interface Session {
  /** Statements wait for each other. */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<Row[]>
  /** `broken`: the connection is closed instead of being used again. */
  release(broken?: boolean): void
}

export function openDatabase(given: DatabaseOptions): Database {
  const options = {
    connection: given.connection,
    schema: given.schema ?? 'public',
    pool: given.pool ?? 20,
    statementTimeout: given.statementTimeout ?? 30_000,
    lifetime: given.lifetime ?? knowsItsPlansFor,
  }
  const pool = new pg.Pool({
    ...clientSettings(options),
    max: options.pool,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: options.lifetime,
    connectionTimeoutMillis: 10_000,
  })
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => given.onError?.(error))
  let count = 0

  /** Of a configuration the driver copies every property with its descriptor, for each statement; of its own object none. */
  function send(on: pg.Pool | pg.PoolClient, text: string, values?: readonly unknown[], name?: string) {
    const query = Object.assign(new pg.Query(text, values as unknown[]), { name })
    return new Promise<pg.QueryResult>((resolve, reject) => {
      const answered = (error: Error | null, result: pg.QueryResult) => (error ? reject(error) : resolve(result))
      on.query(query as unknown as pg.QueryConfig, answered)
    })
  }

  async function run<Row>(on: pg.Pool | pg.PoolClient, text: string, values?: readonly unknown[], name?: string) {
    count += 1
    try {
      const { rows } = await send(on, text, values, name)
      // Several statements without parameters, sent as one, answer without rows of their own.
      return (rows as Row[] | undefined) ?? []
    } catch (error) {
      throw databaseError(error)
    }
  }

  return {
    options,
    query: (text, values, name) => run(pool, text, values, name),
    async session() {
      const client = await pool.connect().catch((error: unknown) => {
        throw databaseError(error)
      })
      let cut = false
      // The pool listens to idle connections only; one that breaks between two statements would end the process.
      const onError = (error: Error) => {
        cut = true
        given.onError?.(error)
      }
      client.on('error', onError)
      let last: Promise<unknown> = Promise.resolve()
      return {
        query<Row>(text: string, values?: readonly unknown[], name?: string) {
          const result = last.then(() => run<Row>(client, text, values, name))
          last = result.catch(() => undefined)
          return result
        },
        release(broken = false) {
          client.off('error', onError)
          client.release(broken || cut)
        },
      }
    },
    roundTrips: () => count,
    close: () => pool.end(),
  }
}

/** What every connection to this database is opened with, by `pg` and by `knex` alike. */
export function clientSettings({ connection, schema, statementTimeout }: Database['options']): pg.ClientConfig {
  const flags = [
    `-c search_path=${schema},public`,
    `-c statement_timeout=${statementTimeout}`,
    '-c idle_in_transaction_session_timeout=60000',
  ].join(' ')
  const shared = { application_name: 'chartshare', keepAlive: true, types: { getTypeParser } }
  if (typeof connection !== 'string') return { ...connection, ...shared, options: flags }
  const url = new URL(connection)
  // What the URL says would replace ours.
  const options = [url.searchParams.get('options'), flags].filter(Boolean).join(' ')
  url.searchParams.delete('options')
  return { connectionString: url.href, ...shared, options }
}

const int8 = 20
const int8Array = 1016

/** `int8` becomes bigint on our connections only: pg's own table of parsers is shared by the whole process. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === int8) return BigInt
  if (oid === int8Array) return (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt))
  return pg.types.getTypeParser(oid, format as 'text') as (text: string) => unknown
}
