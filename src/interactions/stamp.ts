import { isDeepStrictEqual } from 'node:util'
import type { Resource } from '../fhir/resource.ts'
import { hasBytes } from './binary-bytes.ts'

/**
 * The resource with the identity and version that the server gives it, `resourceType`, `id` and `meta` first.
 *
 * https://hl7.org/fhir/R4/resource.html#Meta
 */
export function stamped(resource: Resource, id: string, version: number, now: Date): Resource {
  const { resourceType, id: _id, meta, ...elements } = resource
  return {
    resourceType,
    id,
    meta: { ...meta, versionId: String(version), lastUpdated: now.toISOString() },
    ...elements,
  }
}

/** Whether two versions say the same, apart from what `stamped` gives them. What bytes came is not seen here. */
export function isUnchanged(before: Resource, after: Resource): boolean {
  return !hasBytes(after.resourceType) && isDeepStrictEqual(content(before), content(after))
}

function content({ meta, ...elements }: Resource) {
  const { versionId: _version, lastUpdated: _time, ...rest } = meta ?? {}
  return { ...elements, meta: rest }
}
