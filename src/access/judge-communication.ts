import type { Resource } from '../fhir/resource.ts'
import { onlyChanges } from './elements.ts'

/** A draft is its sender's to change; what was sent can be recalled, nothing else. */
export function judgeCommunication(before: Resource | undefined, after: Resource): void {
  if (!before || before['status'] === 'preparation') return
  onlyChanges(before, after, ['status', 'statusReason'])
}
