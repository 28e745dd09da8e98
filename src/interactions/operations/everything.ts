import type { CompartmentCode } from '../../definitions/definitions.ts'
import { bundleText } from '../bundle-text.ts'
import { incompletePage, outcomeEntry } from '../searchset.ts'
import { patientsOf } from '../visible-rows.ts'
import type { Answered } from '../interaction.ts'
import type { Call, Operation } from '../operation.ts'
import { entryOf, pagingOf, pagingParameters } from '../operation-paging.ts'
import { accessFor, conditions, focusOf, inCompartment, type RecordParts, since, typesOf } from './record.ts'
import { referred } from './referred.ts'

const defaultCount = 100

const narrowing = { _since: { type: 'instant' }, _type: { type: 'code', max: Infinity } } as const

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
      parameters: { start: { type: 'date' }, end: { type: 'date' }, ...narrowing, ...pagingParameters },
      run: (call) => run(parts, call, 'Patient'),
    },
    {
      ...common,
      definition: 'http://hl7.org/fhir/OperationDefinition/Encounter-everything',
      on: ['instance'],
      types: ['Encounter'],
      parameters: { ...narrowing, ...pagingParameters },
      run: (call) => run(parts, call, 'Encounter'),
    },
  ]
}

async function run(parts: RecordParts, call: Call, compartment: CompartmentCode): Promise<Answered> {
  const { context, handle, given, asked } = call
  const wanted = typesOf(parts.definitions, given)
  const paging = pagingOf(parts.search, call, defaultCount)
  const focus = await focusOf(parts, call, compartment)
  const accessOf = accessFor(parts.access, call, focus)
  const conditionOf = conditions(parts, given, compartment, focus)
  // Who looked at the record is no part of it, and each look would add to it; who names the type gets it.
  const isAsked = (type: string) => wanted(type) && (given.has('_type') || !parts.access.appendOnly(type))
  const types = inCompartment(parts.definitions, compartment).filter(isAsked)
  const { count, after: last } = paging
  const after = last && { type: String(last.values[0]), rid: last.rid }
  const page = { parts: types.map((type) => ({ type, where: conditionOf(type) })), count, after }
  const { found, more } = await handle.resources.several(page, accessOf)
  const supporting = await referred(parts, call, found, {
    accessOf,
    wanted,
    isMatch: (type) => (types.includes(type) ? conditionOf(type) : undefined),
    also: (type) => since(parts.search, given, type),
  })
  const end = more ? found.at(-1) : undefined
  const entries = [
    ...found.map(entryOf(context, 'match')),
    ...supporting.found.map(entryOf(context, 'include')),
    ...(supporting.more ? [outcomeEntry([incompletePage])] : []),
  ]
  const total = more || after ? undefined : found.length
  const links = paging.links(end && { values: [end.type], rid: end.rid })
  const json = bundleText({ type: 'searchset', total, links, entries })
  const patients = [
    ...new Set([...patientsOf([...found, ...supporting.found]), ...(compartment === 'Patient' ? focus : [])]),
  ]
  return { answer: { status: 200, json }, touched: { type: asked.type, id: asked.id, query: paging.used, patients } }
}
