import { type Logger, pino } from 'pino'

export type Log = Logger

/** Structured logs on stdout. Credentials are cut out should one ever stand in an error. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    redact: ['*.authorization', '*.cookie', '*.password', '*.token'],
  })
}
