import pg from 'pg'
import { FhirError } from '../fhir/error.ts'

/**
 * Where an error of Postgres stops: what a client can understand becomes a FhirError that keeps the original as its cause;
 * everything else is a defect of ours and passes unchanged. No text of Postgres reaches a client.
 *
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function databaseError(error: unknown): unknown {
  if (error instanceof FhirError) return error
  if (error instanceof pg.DatabaseError) return ofState(error.code ?? '', error)
  if (isConnectionError(error)) return new FhirError('unavailable', 'The database cannot be reached.', { cause: error })
  return error
}

function ofState(state: string, cause: unknown): unknown {
  if (state === '23505') return new FhirError('conflict', 'Something with this identity exists already.', { cause })
  if (isRetryable(state)) return new FhirError('conflict', 'Other writers were quicker. Send it again.', { cause })
  if (state === '57014') return new FhirError('tooCostly', 'This takes longer than the server allows.', { cause })
  if (state === '22021' || state === '22P05') {
    return new FhirError('malformed', 'A text holds a character that cannot be stored.', { cause })
  }
  // 08P01 is a protocol violation: a statement of ours is wrong.
  if (/^(08(?!P01)|53|57P)/.test(state)) return new FhirError('unavailable', 'The database is not ready.', { cause })
  return cause
}

function isRetryable(state: string | undefined): boolean {
  return state === '40001' || state === '40P01'
}

/** Another writer took the identity between our look and our insert: seen again, the row is there. */
export class LostRace extends FhirError {
  constructor(cause: unknown) {
    super('conflict', 'Other writers were quicker. Send it again.', { cause })
  }
}

/** Serialization failures, deadlocks and lost races: running the transaction again is the remedy. */
export function mayRetry(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof LostRace || (at instanceof pg.DatabaseError && isRetryable(at.code))) return true
  }
  return false
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined)
    return /^(ECONN|EPIPE|ENOENT$|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/.test(code)
  return /^(Connection terminated|Client (has encountered|was closed)|timeout exceeded when trying to connect)/.test(
    error.message,
  )
}
