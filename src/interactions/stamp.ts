import type { Resource } from '../fhir/resource.ts'

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
