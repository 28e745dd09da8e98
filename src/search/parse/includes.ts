/** `_include` and `_revinclude`: `[source]:[parameter](:[target])`, or `*`. https://hl7.org/fhir/R4/search.html#include */
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import type { Field, Fields } from '../field.ts'
import type { IncludeRule } from '../request.ts'

interface Parts {
  definitions: Definitions
  fields: Fields
}

/** What one value asks to include with the matches of these types. Throws FhirError. */
export function createIncludes({ definitions, fields }: Parts) {
  function references(type: string): Field[] {
    return definitions.isResourceType(type)
      ? fields.all(type).filter(({ parameter }) => parameter.type === 'reference')
      : []
  }

  /** Any type may be referred to; those without an endpoint have no rows. */
  function rule(direction: IncludeRule['direction'], iterate: boolean, field: Field, asked: string | undefined) {
    const targets = field.targets.filter((one) => definitions.isResourceType(one) && (asked ?? one) === one)
    return { direction, iterate, source: field.type, code: field.parameter.code, targets }
  }

  function forward(types: readonly string[], { name, value, iterate, parts }: Asked): IncludeRule[] {
    const [source = '', code = '', asked, ...others] = parts
    const all = value === '*'
    const sources = all ? (iterate ? definitions.resourceTypes : types) : [source]
    const known = sources
      .filter((one) => iterate || types.includes(one))
      .flatMap((one) => references(one).filter(({ parameter }) => all || code === '*' || parameter.code === code))
    const rules = known
      .map((field) => rule('forward', iterate, field, asked))
      .filter(({ targets }) => targets.length > 0)
    if (others.length === 0 && (all || rules.length > 0)) return rules
    throw refused(
      name,
      value,
      `_include=${types[0]}:[reference parameter], optionally with :[type that it refers to], or *.`,
    )
  }

  function reverse(types: readonly string[], { name, value, iterate, parts }: Asked): IncludeRule[] {
    const [source = '', code = '', asked, ...others] = parts
    const all = value === '*'
    if (all && iterate) throw refused(name, value, 'it would gather everything; name the references.')
    const rules = (all ? definitions.resourceTypes : [source])
      .flatMap((one) => references(one).filter(({ parameter }) => all || code === '*' || parameter.code === code))
      .map((field) => rule('reverse', iterate, field, asked))
      .map((one) => (iterate ? one : { ...one, targets: one.targets.filter((target) => types.includes(target)) }))
      .filter(({ targets }) => targets.length > 0)
    if (others.length === 0 && (all || rules.length > 0)) return rules
    throw refused(name, value, `_revinclude=[type]:[its reference parameter that refers to ${types[0]}], or *.`)
  }

  return function includes(types: readonly string[], name: string, value: string): IncludeRule[] {
    const [parameter, modifier, ...others] = name.split(':')
    if (others.length > 0 || (modifier !== undefined && modifier !== 'iterate')) {
      throw new FhirError(
        'unsupportedParameter',
        `"${name}" is not supported: ${parameter} and ${parameter}:iterate are.`,
      )
    }
    const asked = { name, value, iterate: modifier === 'iterate', parts: value.split(':') }
    return parameter === '_include' ? forward(types, asked) : reverse(types, asked)
  }
}

interface Asked {
  name: string
  value: string
  iterate: boolean
  parts: readonly string[]
}

function refused(name: string, value: string, hint: string): FhirError {
  return new FhirError('unsupportedParameter', `"${name}=${value}" is not supported: ${hint}`)
}
