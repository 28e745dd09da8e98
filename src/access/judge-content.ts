import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { hasCode } from './elements.ts'
import { labelsOf } from './labels.ts'
import type { Principal } from './principal.ts'

/** A label may be added by whoever may write; only the privacy officer takes one away. */
export function judgeLabels(principal: Principal, before: Resource | undefined, after: Resource): void {
  const officer = principal.roles.includes('privacy-officer') || principal.roles.includes('admin')
  if (!before || officer) return
  if ((labelsOf(before) & ~labelsOf(after)) === 0) return
  const expression = `${after.resourceType}.meta.security`
  throw new FhirError('forbidden', 'Security labels are lowered by the privacy officer alone.', { expression })
}

/** What a patient uploads is marked as such, so that nobody takes it for a finding of the hospital. */
export function judgeUpload(principal: Principal, after: Resource): void {
  if (principal.person?.type !== 'Patient' || after.resourceType !== 'DocumentReference') return
  if (hasCode(after['category'], 'patient-upload')) return
  const text = 'Documents of patients have the category "patient-upload".'
  throw new FhirError('forbidden', text, { expression: 'DocumentReference.category' })
}

/** Bytes belong to a DocumentReference; any other resource that named them would lose them to the sweep. */
export function judgeAttachments(
  definitions: Pick<Definitions, 'attachments'>,
  before: Resource | undefined,
  after: Resource,
  base: string,
): void {
  if (after.resourceType === 'DocumentReference') return
  const kept = new Set(before ? definitions.attachments(before).map(({ attachment }) => attachment.url) : [])
  for (const { path, attachment } of definitions.attachments(after)) {
    if (localReference(attachment.url ?? '', base)?.type !== 'Binary' || kept.has(attachment.url)) continue
    const expression = `${path}.url`
    const text = `A Binary of this server is held by a DocumentReference; refer to that, or put the data into ${path}.`
    throw new FhirError('unprocessable', text, { expression })
  }
}
