import type { Access } from '../../access/access.ts'
import type { CompartmentCode, Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { all, and, type Clause, or } from '../../search/clause.ts'
import type { Search } from '../../search/create-search.ts'
import type { Keys, Rid } from '../../search/keys.ts'
import type { Call } from '../operation.ts'
import type { Given } from '../operation-parameters.ts'
import { notFound, rowsOrNone, searchable } from '../visible-rows.ts'
import { createCareDates } from './care-date.ts'

/**
 * Whose record `$everything` puts together, which of it, and what of that the caller may see.
 *
 * https://hl7.org/fhir/R4/patient-operation-everything.html
 */
export interface RecordParts {
  definitions: Definitions
  access: Access
  search: Search
  keys: Pick<Keys, 'ridOf'>
}

/** Whose records are put together when no one is named. */
const mostPatients = 20

/** The resource of the URL; without an id, the few patients that the caller has to do with. */
export async function focusOf(
  { search, keys, access }: RecordParts,
  call: Call,
  type: string,
): Promise<readonly Rid[]> {
  const { handle, asked, rows, context } = call
  if (asked.id !== undefined) {
    const [stored] = await handle.resources.read(type, [asked.id], { where: rows })
    if (!stored) throw notFound(type, asked.id)
    if (stored.deleted) throw new FhirError('gone', `${type}/${asked.id} has been deleted.`)
    return [keys.ridOf(type, asked.id)]
  }
  const plain = search.parse(type, new URLSearchParams(), { lenient: false, principalKey: '' })
  const page = { ...plain, count: mostPatients, total: 'none' as const }
  const { matches, next } = await handle.resources.find(page, searchable(access, context, type))
  if (next) {
    throw new FhirError('invalidQuery', `More than ${mostPatients} patients are open to you: name one of them by id.`)
  }
  return matches.map(({ rid }) => rid)
}

/** What is put together is found as by a search; the resource that was named is found as by a read. */
export function accessFor(access: Access, { context, asked, rows }: Call, focus: readonly Rid[]) {
  const known = new Map<string, Clause>()
  return (type: string): Clause => {
    const searched = known.get(type) ?? rowsOrNone(access, context, type, 'search')
    known.set(type, searched)
    if (type !== asked.type || asked.id === undefined) return searched
    return or(searched, and({ op: 'rid', any: focus }, rows))
  }
}

export function conditions(
  { definitions, search }: RecordParts,
  given: Given,
  code: CompartmentCode,
  focus: readonly Rid[],
) {
  const within = createCareDates({ definitions, parameter: search.parameter })
  const known = new Map<string, Clause>()
  return (type: string): Clause => {
    const before = known.get(type)
    if (before) return before
    const inside = or(...focus.map((rid) => search.compartment(type, rid, code)))
    const made = and(inside, within(type, given.text('start'), given.text('end')), since(search, given, type))
    known.set(type, made)
    return made
  }
}

export function since(search: Search, given: Given, type: string): Clause {
  const text = given.text('_since')
  return text === undefined ? all : search.parameter(type, '_lastUpdated', `ge${text}`)
}

/** The compartment's own type first. */
export function inCompartment({ resourceTypes, compartmentParameters }: Definitions, code: CompartmentCode): string[] {
  const others = resourceTypes.filter((type) => type !== code && compartmentParameters(code, type).length > 0)
  return [code, ...others]
}

/** "Each containing one or more comma-delimited FHIR resource types." */
export function typesOf(definitions: Definitions, given: Given): (type: string) => boolean {
  const names = given.texts('_type').flatMap((text) => text.split(','))
  const unknown = names.find((name) => !definitions.isResourceType(name))
  if (unknown !== undefined) {
    const text = `"${unknown}" is not a resource type of FHIR R4.`
    throw new FhirError('invalidQuery', text, { expression: given.place('_type') })
  }
  return names.length === 0 ? () => true : (type) => names.includes(type)
}
