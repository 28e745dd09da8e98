import { type OperationOutcome, operationOutcome } from '../fhir/error.ts'
import type { Answer } from './interaction.ts'

/**
 * What `Prefer: return=OperationOutcome` gets for a write that was done, or that its condition made needless.
 *
 * https://hl7.org/fhir/R4/http.html#ops
 */
export function writtenOutcome({ status, location, unwritten }: Answer): OperationOutcome {
  if (unwritten)
    return information(location === undefined ? missed : `It is there already, as ${location}: nothing was stored.`)
  const done = status === 201 ? 'created' : status === 204 ? 'deleted' : 'stored'
  return information(location === undefined ? `It is ${done}.` : `It is ${done} as ${location}.`)
}

const missed = 'Nothing matches: nothing was deleted.'

function information(diagnostics: string): OperationOutcome {
  return operationOutcome([{ severity: 'information', code: 'informational', diagnostics }])
}
