import { destination, type Logger, pino } from 'pino'

export type Log = Logger

/**
 * Structured logs on stdout. Credentials are cut out should one ever stand in an error. Lines are written several at a time,
 * after a quarter of a second at the latest and at the end of the process: a system call for each was a seventh of a read.
 */
export function createLog(level: string): Log {
  const options = {
    level,
    base: null,
    serializers: { err: describedError },
    redact: ['*.authorization', '*.cookie', '*.password', '*.token'],
  }
  return pino(options, destination({ sync: false, minLength: 4096, periodicFlush: 250 }))
}

/** What an error says, and no more of what hangs on it: a database error carries its connection, with values and all. */
function describedError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    message,
    stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined ? {} : { cause: describedError(cause) }),
  }
}
