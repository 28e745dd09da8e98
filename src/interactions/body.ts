import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Body } from './interaction.ts'

/**
 * The resource in a body, which must be of the type that the URL names.
 *
 * https://hl7.org/fhir/R4/http.html#create
 */
export function resourceOf(body: Body, type: string, place = type): Resource {
  if (body.kind === 'none') throw new FhirError('malformed', `The request has no body; it needs a ${type} resource.`)
  if (body.kind === 'bytes') {
    throw new FhirError('unsupportedMediaType', `A ${type} is sent as application/fhir+json, not ${body.contentType}.`)
  }
  const resource = body.value
  if (!isResource(resource)) {
    throw new FhirError('malformed', 'The body must be a JSON object with a resourceType.', { expression: place })
  }
  if (resource.resourceType !== type) {
    const text = `The URL names ${type}, the body holds ${resource.resourceType}.`
    throw new FhirError('malformed', text, { expression: `${place}.resourceType` })
  }
  return resource
}

export function isResource(value: unknown): value is Resource {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as { resourceType?: unknown }).resourceType === 'string'
  )
}
