/** `_include` and `_revinclude`: `[source]:[parameter](:[target])`. https://hl7.org/fhir/R4/search.html#include */
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import type { Fields } from '../field.ts'
import type { createLinks } from '../links.ts'
import type { Include } from '../request.ts'

interface Parts {
  definitions: Definitions
  fields: Fields
  linksTo: ReturnType<typeof createLinks>
}

/** The links of one value; each type that the parameter refers to is included on its own. Throws FhirError. */
export function createIncludes({ definitions, fields, linksTo }: Parts) {
  return function includes(type: string, name: string, value: string): Include[] {
    const [parameter, modifier] = name.split(':')
    const direction = parameter === '_include' ? 'forward' : 'reverse'
    if (modifier !== undefined) {
      throw new FhirError('unsupportedParameter', `"${name}" is not supported: ${parameter} is, without a modifier.`)
    }
    const [source = '', code = '', asked, ...others] = value.split(':')
    const field = definitions.isResourceType(source) ? fields.of(source, code) : undefined
    const targets = field?.parameter.type === 'reference' ? field.targets : []
    const sensible = direction === 'forward' ? source === type : targets.includes(type) && (asked ?? type) === type
    if (
      !field ||
      targets.length === 0 ||
      others.length > 0 ||
      !sensible ||
      (asked !== undefined && !targets.includes(asked))
    ) {
      throw new FhirError('unsupportedParameter', `"${name}=${value}" is not supported: ${hint(direction, type)}`)
    }
    const included = direction === 'reverse' ? [type] : asked === undefined ? targets : [asked]
    // Any type may be referred to; those without an endpoint have no rows.
    return included
      .filter(definitions.isResourceType)
      .flatMap((target) => linksTo(field, target).map((link): Include => ({ direction, source, target, ...link })))
  }
}

function hint(direction: Include['direction'], type: string): string {
  return direction === 'forward'
    ? `_include=${type}:[reference parameter of ${type}], optionally with :[type that it refers to].`
    : `_revinclude=[type]:[its reference parameter that refers to ${type}].`
}
