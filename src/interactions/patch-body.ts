import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { formats } from '../fhir/format.ts'
import { parseJson } from '../fhir/json.ts'
import { applyJsonPatch } from '../fhir/json-patch.ts'
import type { Resource } from '../fhir/resource.ts'
import { isResource } from './body.ts'
import type { Body } from './interaction.ts'

/** What a patch makes of a resource; the given one stays as it is. */
export type Patch = (resource: Resource) => Promise<Resource>
export type PatchOf = (body: Body, place?: string) => Patch

/** The kinds of patches, by the media types that they are sent as. */
export const patchFormats = ['application/json-patch+json', formats.json[0], formats.xml[0]] as const

/**
 * JSON Patch as a body of its own, or as a Binary where only resources can stand; FHIRPath Patch as a Parameters.
 *
 * https://hl7.org/fhir/R4/http.html#patch
 */
export function createPatchOf({ fhirPathPatch }: Pick<Definitions, 'fhirPathPatch'>): PatchOf {
  return function patchOf(body, place = 'Parameters') {
    if (body.kind !== 'json') throw unknownPatch(place)
    const { contentType, value } = body
    if (/^application\/json-patch\+json\b/.test(contentType)) return jsonPatch(value)
    if (!isResource(value)) throw unknownPatch(place)
    if (value.resourceType === 'Parameters') return (resource) => fhirPathPatch(resource, value)
    const { contentType: inner, data } = value
    if (value.resourceType !== 'Binary' || inner !== 'application/json-patch+json' || typeof data !== 'string') {
      throw unknownPatch(place)
    }
    return jsonPatch(parseJson(Buffer.from(data, 'base64').toString('utf8')))
  }
}

function jsonPatch(operations: unknown): Patch {
  return async (resource) => applyJsonPatch(resource, operations)
}

function unknownPatch(expression: string): FhirError {
  const text = `A patch is a JSON Patch (${patchFormats[0]}; in a Bundle, a Binary of that type) or a FHIRPath Patch (Parameters).`
  return new FhirError('unsupportedMediaType', text, { expression })
}
