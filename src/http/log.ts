import { type Logger, pino } from 'pino'

export type Log = Logger

/** Structured logs on stdout. Credentials are cut out should one ever stand in an error. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    serializers: { err: describedError },
    redact: ['*.authorization', '*.cookie', '*.password', '*.token'],
  })
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
