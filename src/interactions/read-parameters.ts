import type { Definitions } from '../definitions/definitions.ts'
import { primitiveCheck } from '../definitions/primitives.ts'
import { FhirError } from '../fhir/error.ts'
import type { Coding, Resource } from '../fhir/resource.ts'
import { isResource, resourceOf } from './body.ts'
import type { Body } from './interaction.ts'
import {
  type Given,
  givenOf,
  type GivenValue,
  type OperationParameter,
  type ParameterTable,
} from './operation-parameters.ts'

interface Parts {
  definitions: Pick<Definitions, 'validate'>
  parameters: ParameterTable
  query: URLSearchParams
  body: Body
}

/** For http, which has already read them. */
const forHttp = new Set(['_format', '_pretty'])
const mostValues = 1_000

/** Types that one may be sent for another of, as long as the text fits. */
const families = [
  ['string', 'markdown', 'code', 'id', 'uri', 'url', 'canonical', 'oid', 'uuid'],
  ['date', 'dateTime', 'instant'],
  ['integer', 'unsignedInt', 'positiveInt'],
]

/**
 * The parameters of a call: of the query, of a Parameters resource, and, where an operation takes exactly one resource, that
 * resource as the body. Unknown ones, too many and values of another type are refused, each with its place.
 *
 * https://hl7.org/fhir/R4/operations.html#request
 */
export function readParameters({ definitions, parameters, query, body }: Parts): Given {
  const values = [...inQuery(parameters, query), ...inBody(definitions, parameters, body)]
  if (values.length > mostValues)
    throw new FhirError('invalidQuery', `An operation takes ${mostValues} values at most.`)
  const given = givenOf(values)
  for (const [name, { min = 0, max = 1 }] of Object.entries(parameters)) {
    const found = values.filter((value) => value.name === name)
    if (found.length < min) throw refused(`The parameter "${name}" is needed.`, name)
    if (found.length > max) throw refused(`The parameter "${name}" may come once only.`, found[max]!.place)
  }
  return given
}

function inQuery(parameters: ParameterTable, query: URLSearchParams): GivenValue[] {
  return [...query]
    .filter(([name]) => !forHttp.has(name))
    .map(([name, text]) => {
      const parameter = known(parameters, name, name)
      if ('type' in parameter && parameter.type === 'Coding') return { name, value: codingOf(text, name), place: name }
      if ('resource' in parameter || !isPrimitive(parameter.type)) {
        throw refused(`"${name}" is no simple value: send it in a Parameters resource by POST.`, name)
      }
      const value = simpleValue(parameter.type, text)
      refuseWrong(name, parameter.type, value, name)
      return { name, value, place: name }
    })
}

/** As tokens are written in queries: `system|code`, or a code in any system. */
function codingOf(text: string, name: string): Coding {
  const at = text.lastIndexOf('|')
  const [system, code] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
  refuseWrong(name, 'code', code, name)
  return system === '' ? { code } : { system, code }
}

function simpleValue(type: string, text: string): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'decimal' || families[2]!.includes(type)) return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text
  return text
}

function inBody(definitions: Parts['definitions'], parameters: ParameterTable, body: Body): GivenValue[] {
  if (body.kind === 'none') return []
  const sole = soleResource(parameters)
  if (sole && body.kind === 'json' && isResource(body.value) && body.value.resourceType !== 'Parameters') {
    const [name, type] = sole
    const value = body.value
    refuseOtherResource(name, type, value, value.resourceType)
    return [{ name, value, place: value.resourceType }]
  }
  const sent = resourceOf(body, 'Parameters')
  refuseInvalid(definitions, sent)
  const list = (sent['parameter'] ?? []) as Record<string, unknown>[]
  return list.map((item, n) => valueOf(parameters, item, `Parameters.parameter[${n}]`))
}

/** "If there is only one input parameter of type Resource, it may be the body": https://hl7.org/fhir/R4/operations.html#request */
function soleResource(parameters: ParameterTable): [name: string, type: string] | undefined {
  const found = Object.entries(parameters).flatMap(([name, parameter]): [string, string][] =>
    'resource' in parameter ? [[name, parameter.resource]] : [],
  )
  return found.length === 1 ? found[0] : undefined
}

/** As Parameters are defined. The resources that they hold are for the operation to judge, and stand aside for that. */
function refuseInvalid(definitions: Parts['definitions'], sent: Resource): void {
  const list = sent['parameter']
  const aside = Array.isArray(list)
    ? list.map((item: unknown) => (hasResource(item) ? { name: item.name, valueBoolean: true } : item))
    : list
  const issues = definitions.validate(list === undefined ? sent : { ...sent, parameter: aside })
  const errors = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')
  if (errors.length > 0) throw new FhirError('malformed', errors[0]!.diagnostics ?? 'Not valid.', { issues: errors })
}

function hasResource(item: unknown): item is { name: unknown; resource: unknown } {
  return typeof item === 'object' && item !== null && isResource((item as { resource?: unknown }).resource)
}

function valueOf(parameters: ParameterTable, item: Record<string, unknown>, place: string): GivenValue {
  const name = String(item['name'])
  const parameter = known(parameters, name, `${place}.name`)
  if ('resource' in parameter) {
    const value = item['resource']
    if (!isResource(value)) throw refused(`"${name}" is a resource.`, place)
    refuseOtherResource(name, parameter.resource, value, place)
    return { name, value, place: `${place}.resource` }
  }
  const [key, value] = Object.entries(item).find(([member]) => /^value[A-Z]/.test(member)) ?? []
  if (key === undefined || !isSentFor(key.slice('value'.length), parameter.type)) {
    throw refused(`"${name}" is sent as value${capital(parameter.type)}.`, key === undefined ? place : `${place}.value`)
  }
  if (isPrimitive(parameter.type)) refuseWrong(name, parameter.type, value, `${place}.value`)
  return { name, value, place: `${place}.value` }
}

function isSentFor(sent: string, type: string): boolean {
  const fitting = families.find((family) => family.includes(type)) ?? [type]
  return fitting.some((one) => capital(one) === sent)
}

function known(parameters: ParameterTable, name: string, place: string): OperationParameter {
  const found = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (found) return found
  const names = Object.keys(parameters)
  const hint = names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`
  const text = `This operation does not know the parameter "${name.slice(0, 80)}": ${hint}.`
  throw new FhirError('unsupportedParameter', text, { expression: place })
}

function refuseOtherResource(name: string, type: string, { resourceType }: Resource, place: string): void {
  if (type === 'Resource' || resourceType === type) return
  throw refused(`"${name}" is a ${type}, not a ${resourceType}.`, place)
}

function refuseWrong(name: string, type: string, value: unknown, place: string): void {
  const problem = primitiveCheck(type)(value)
  if (problem !== undefined) throw refused(`"${name}": ${problem}.`, place)
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('invalidQuery', text, { expression })
}

function isPrimitive(type: string): boolean {
  return /^[a-z]/.test(type)
}

function capital(type: string): string {
  return type[0]!.toUpperCase() + type.slice(1)
}
