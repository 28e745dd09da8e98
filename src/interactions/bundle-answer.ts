import { instantOf } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import { entryText } from './bundle-text.ts'
import type { Answer, Body, Return } from './interaction.ts'
import type { PlannedEntry } from './transaction-plan.ts'
import { writtenOutcome } from './written-outcome.ts'

/**
 * How an entry of a batch or transaction is answered: `location` and `etag` of what was written, the resource of what was
 * read. A written resource is answered when the client prefers its representation.
 *
 * https://hl7.org/fhir/R4/http.html#transaction-response
 */
export function answerText(
  { isHead, interaction }: Pick<PlannedEntry, 'isHead' | 'interaction'>,
  answer: Answer,
  prefer: Return | undefined,
): string {
  const { status, location, version, lastUpdated, json } = answer
  const isWrite = location !== undefined || /delete$/.test(interaction.kind)
  const response = {
    status: String(status),
    location,
    etag: version === undefined ? undefined : `W/"${version}"`,
    lastModified: lastUpdated === undefined ? undefined : instantOf(lastUpdated),
    outcome: isWrite && prefer === 'OperationOutcome' ? writtenOutcome(answer) : undefined,
  }
  const shown = isWrite ? prefer === 'representation' : !isHead
  return entryText({ response }, shown ? json : undefined)
}

export function bodyOf(resource: Resource | undefined): Body {
  if (!resource) return { kind: 'none' }
  return { kind: 'json', value: resource, contentType: 'application/fhir+json' }
}

/** Characters that the answers of a Bundle may have together: they are held until the last one is there. */
const answerLimit = 64 * 1024 * 1024

export function refuseTooMuch(size: number): void {
  if (size <= answerLimit) return
  throw new FhirError('tooCostly', 'The answers of this Bundle are too large together: ask for less at once.')
}
