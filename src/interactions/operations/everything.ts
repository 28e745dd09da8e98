import type { Context } from '../../access/principal.ts'
import type { CompartmentCode } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import type { StoredVersion } from '../../store/store.ts'
import { bundleText, entryText, type Link } from '../bundle-text.ts'
import { patientsOf } from '../history-instance.ts'
import type { Answered } from '../interaction.ts'
import type { Call, Operation } from '../operation.ts'
import type { Given } from '../operation-parameters.ts'
import { principalKeyOf } from '../search-type.ts'
import { accessFor, conditions, focusOf, inCompartment, type RecordParts, since, typesOf } from './record.ts'
import { referred } from './referred.ts'

const defaultCount = 100
const mostCount = 1_000

const paging = {
  _since: { type: 'instant' },
  _type: { type: 'code', max: Infinity },
  _count: { type: 'integer' },
  _cursor: { type: 'string' },
} as const

/**
 * `$everything`: what stands in the compartment of a patient or an encounter, and what that refers to. Each row is access
 * checked in the statement that finds it; pages follow each other by type and rid.
 *
 * https://hl7.org/fhir/R4/patient-operation-everything.html
 * https://hl7.org/fhir/R4/encounter-operation-everything.html
 */
export function everything(parts: RecordParts): Operation[] {
  const common = { name: 'everything', affectsState: false, needs: 'read' } as const
  return [
    {
      ...common,
      definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
      on: ['type', 'instance'],
      types: ['Patient'],
      parameters: { start: { type: 'date' }, end: { type: 'date' }, ...paging },
      run: (call) => run(parts, call, 'Patient'),
    },
    {
      ...common,
      definition: 'http://hl7.org/fhir/OperationDefinition/Encounter-everything',
      on: ['instance'],
      types: ['Encounter'],
      parameters: paging,
      run: (call) => run(parts, call, 'Encounter'),
    },
  ]
}

async function run(parts: RecordParts, call: Call, compartment: CompartmentCode): Promise<Answered> {
  const { context, handle, given, asked } = call
  const wanted = typesOf(parts.definitions, given)
  const count = countOf(given)
  const focus = await focusOf(parts, call, compartment)
  const accessOf = accessFor(parts.access, call, focus)
  const conditionOf = conditions(parts, given, compartment, focus)
  const types = inCompartment(parts.definitions, compartment).filter(wanted)
  const request = { type: placeOf(call), used: usedOf(given) }
  const principalKey = principalKeyOf(context)
  const cursor = given.text('_cursor')
  const position = cursor === undefined ? undefined : parts.search.readCursor(request, cursor, principalKey)
  const after = position && { type: String(position.values[0]), rid: position.rid }
  const page = { parts: types.map((type) => ({ type, where: conditionOf(type) })), count, after }
  const { found, more } = await handle.resources.several(page, accessOf)
  const supporting = await referred(parts, call, found, {
    accessOf,
    wanted,
    isMatch: (type) => (types.includes(type) ? conditionOf(type) : undefined),
    also: (type) => since(parts.search, given, type),
  })
  const last = more ? found.at(-1) : undefined
  const next = last && parts.search.nextCursor(request, { values: [last.type], rid: last.rid }, principalKey)
  const entries = [...found.map(entry(context, 'match')), ...supporting.map(entry(context, 'include'))]
  const total = more || after ? undefined : found.length
  const json = bundleText({ type: 'searchset', total, links: linksOf(context, request, next), entries })
  const query = request.used.map(([name, value]) => `${name}=${value}`).join('&')
  const patients = [...new Set([...patientsOf([...found, ...supporting]), ...(compartment === 'Patient' ? focus : [])])]
  return { answer: { status: 200, json }, touched: { type: asked.type, id: asked.id, query, patients } }
}

function countOf(given: Given): number {
  const count = given.number('_count') ?? defaultCount
  if (count >= 1) return Math.min(count, mostCount)
  throw new FhirError('invalidQuery', `_count is a number above 0, not ${count}.`, {
    expression: given.place('_count'),
  })
}

function placeOf({ asked }: Call): string {
  const { type, id, name } = asked
  return id === undefined ? `${type}/$${name}` : `${type}/${id}/$${name}`
}

function usedOf(given: Given): [string, string][] {
  return given.all.flatMap(({ name, value }): [string, string][] => (name === '_cursor' ? [] : [[name, String(value)]]))
}

function linksOf(context: Context, { type, used }: { type: string; used: [string, string][] }, next?: string): Link[] {
  const url = (query: [string, string][]) =>
    `${context.base}/${type}${query.length === 0 ? '' : `?${new URLSearchParams(query)}`}`
  const self: Link = { relation: 'self', url: url(used) }
  return next === undefined ? [self] : [self, { relation: 'next', url: url([...used, ['_cursor', next]]) }]
}

function entry({ base }: Context, mode: 'match' | 'include') {
  return ({ type, id, json }: StoredVersion) => entryText({ fullUrl: `${base}/${type}/${id}`, search: { mode } }, json)
}
