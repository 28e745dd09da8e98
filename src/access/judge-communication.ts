import type { Resource } from '../fhir/resource.ts'
import { onlyChanges } from './elements.ts'

/** A draft is its sender's to change; what was sent can be recalled, with or without its text, and nothing else. */
export function judgeCommunication(before: Resource | undefined, after: Resource): void {
  if (!before || before['status'] === 'preparation') return
  const withdrawn = after['status'] !== before['status'] && after['payload'] === undefined
  onlyChanges(before, after, ['status', 'statusReason', ...(withdrawn ? ['payload'] : [])])
}
