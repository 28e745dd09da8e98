import { randomUUID } from 'node:crypto'
import type { Designation, Expansion, NoExpansion, ValueSet, ValueSetMember } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import { stringifyJson } from '../../../fhir/json.ts'
import type { Call, Operation } from '../../operation.ts'
import type { Given } from '../../operation-parameters.ts'
import { displayIn } from './display-language.ts'
import type { StoredTerminology } from './stored-terminology.ts'
import { valueSetOf, whichValueSet } from './value-set.ts'

/**
 * `ValueSet/$expand`: the codes of a value set, as a flat list.
 *
 * https://hl7.org/fhir/R4/valueset-operation-expand.html
 */
export function expand(source: StoredTerminology): Operation {
  return {
    name: 'expand',
    definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
    on: ['type', 'instance'],
    types: ['ValueSet'],
    affectsState: false,
    needs: 'read',
    parameters: {
      ...whichValueSet,
      filter: { type: 'string' },
      offset: { type: 'integer' },
      count: { type: 'integer' },
      activeOnly: { type: 'boolean' },
      includeDesignations: { type: 'boolean' },
      includeDefinition: { type: 'boolean' },
      displayLanguage: { type: 'code' },
      // A flat list without post-coordinated codes is what is answered, whichever is asked for.
      excludeNested: { type: 'boolean' },
      excludePostCoordinated: { type: 'boolean' },
    },
    async run(call) {
      const { given, asked, context } = call
      const [offset, count] = [notNegative(given, 'offset'), notNegative(given, 'count')]
      const valueSet = await valueSetOf(call, source)
      const terminology = await source.around(call, valueSet)
      const expansion = terminology.expand(valueSet, {
        filter: given.text('filter'),
        activeOnly: given.flag('activeOnly'),
        ...{ offset, count: Math.min(count ?? mostCodes, mostCodes) },
      })
      if ('problem' in expansion) throw notExpanded(valueSet, expansion)
      if (count === undefined && expansion.members.length < expansion.total - (offset ?? 0)) {
        throw tooMany(`${expansion.total} codes are more than ${mostCodes}: ask for pages with "offset" and "count".`)
      }
      const json = stringifyJson(answerOf(valueSet, expansion, given, context))
      return { answer: { status: 200, json }, touched: { type: 'ValueSet', id: asked.id } }
    },
  }
}

/** Codes in one answer at most. */
const mostCodes = 10_000

function notNegative(given: Given, name: string): number | undefined {
  const value = given.number(name)
  if (value === undefined || value >= 0) return value
  throw new FhirError('invalidQuery', `"${name}" cannot be negative.`, { expression: given.place(name) })
}

function notExpanded({ url = 'that came along' }: ValueSet, { problem, text }: NoExpansion): FhirError {
  const sentence = `The value set ${url} cannot be expanded: ${text}.`
  return problem === 'endless' ? tooMany(sentence) : new FhirError('unprocessable', sentence)
}

/** "The server is unable to return an expansion because it's too large … too-costly" */
function tooMany(text: string): FhirError {
  return new FhirError('tooManyCodes', text)
}

function answerOf(valueSet: ValueSet, expansion: Expansion, given: Given, { now }: Call['context']) {
  const { text: _, compose, contained, expansion: __, ...head } = valueSet
  const definition = given.flag('includeDefinition') === true ? { contained, compose } : {}
  const contains = expansion.members.map((member) => memberOf(member, given))
  return withoutGaps({
    ...head,
    ...definition,
    expansion: withoutGaps({
      identifier: `urn:uuid:${randomUUID()}`,
      timestamp: now.toISOString(),
      total: expansion.total,
      offset: given.number('offset') ?? (given.has('count') ? 0 : undefined),
      parameter: parametersOf(given, expansion),
      contains: contains.length === 0 ? undefined : contains,
    }),
  })
}

const recorded = ['filter', 'offset', 'count', 'activeOnly', 'includeDesignations', 'displayLanguage'] as const
const valueNames = { string: 'valueString', number: 'valueInteger', boolean: 'valueBoolean' } as const

/** "all the parameters that affect the contents of the expansion are recorded in the ValueSet.expansion.parameter list" */
function parametersOf(given: Given, { systems }: Expansion) {
  const asked = recorded.flatMap((name) => {
    const value = given.all.find((one) => one.name === name)?.value as string | number | boolean | undefined
    return value === undefined ? [] : [{ name, [valueNames[typeof value as keyof typeof valueNames]]: value }]
  })
  const used = systems.map((valueUri) => ({ name: valueUri.includes('|') ? 'version' : 'used-codesystem', valueUri }))
  const parameters = [...asked, ...used]
  return parameters.length === 0 ? undefined : parameters
}

function memberOf(member: ValueSetMember, given: Given) {
  const { system, code, isAbstract, isInactive } = member
  const display = displayIn(given.text('displayLanguage'), member)
  const designation = given.flag('includeDesignations') === true ? designationsOf(member, display) : []
  return withoutGaps({
    system,
    abstract: isAbstract || undefined,
    inactive: isInactive || undefined,
    code,
    display,
    designation: designation.length === 0 ? undefined : designation,
  })
}

/** Where a translation takes the place of the display, that one is a designation. */
function designationsOf({ display, designations }: ValueSetMember, shown: string | undefined): readonly Designation[] {
  return display === undefined || display === shown ? designations : [{ value: display }, ...designations]
}

function withoutGaps<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
