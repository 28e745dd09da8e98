import { type OperationOutcome, operationOutcome } from '../fhir/error.ts'
import type { Answer } from './interaction.ts'

/**
 * What `Prefer: return=OperationOutcome` gets for a write that was done.
 *
 * https://hl7.org/fhir/R4/http.html#ops
 */
export function writtenOutcome({ status, location }: Answer): OperationOutcome {
  const done = status === 201 ? 'created' : status === 204 ? 'deleted' : 'stored'
  const text = location === undefined ? `It is ${done}.` : `It is ${done} as ${location}.`
  return operationOutcome([{ severity: 'information', code: 'informational', diagnostics: text }])
}
