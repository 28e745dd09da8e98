import type { Access } from '../../access/access.ts'
import type { Context } from '../../access/principal.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { localReference } from '../../fhir/reference.ts'
import { type Coding, isId } from '../../fhir/resource.ts'
import { all, and, type Clause, none, or } from '../../search/clause.ts'
import type { Search } from '../../search/create-search.ts'
import { bundleText } from '../bundle-text.ts'
import type { Answered } from '../interaction.ts'
import type { Call, Operation } from '../operation.ts'
import { patientsOf, searchable } from '../visible-rows.ts'
import { createCareDates } from './care-date.ts'
import { entryOf, pagingOf, pagingParameters, tokenOf } from '../operation-paging.ts'

interface Parts {
  definitions: Definitions
  access: Access
  search: Search
}

const documents = 'DocumentReference'
const defaultCount = 20
const definitions = [
  'http://hl7.org/fhir/us/core/OperationDefinition/docref',
  'http://hl7.org/fhir/uv/ipa/OperationDefinition/docref',
]

/**
 * `$docref`: the current documents of a patient, newest first. Both guides define the same operation. Nothing is generated
 * on demand here, so whoever asks for generated documents alone gets an empty Bundle, as for a patient who is not known.
 *
 * https://hl7.org/fhir/us/core/OperationDefinition-docref.html
 * https://hl7.org/fhir/uv/ipa/OperationDefinition-docref.html
 */
export function docref(parts: Parts): Operation[] {
  return definitions.map((definition) => ({
    name: 'docref',
    definition,
    on: ['type'],
    types: [documents],
    affectsState: false,
    needs: 'search',
    parameters: {
      patient: { type: 'string', min: 1 },
      start: { type: 'dateTime' },
      end: { type: 'dateTime' },
      type: { type: 'Coding', max: Infinity },
      'on-demand': { type: 'boolean' },
      profile: { type: 'canonical', max: Infinity },
      ...pagingParameters,
    },
    run: (call) => run(parts, call),
  }))
}

async function run(parts: Parts, call: Call): Promise<Answered> {
  const { search, access } = parts
  const { context, handle } = call
  const where = wanted(parts, call)
  const paging = pagingOf(search, call, defaultCount)
  const newest = search.parse(documents, new URLSearchParams('_sort=-date'), { lenient: false, principalKey: '' })
  const request = { ...newest, where, count: paging.count, after: paging.after }
  const { matches, next, total } = await handle.resources.find(request, searchable(access, context, documents))
  const json = bundleText({
    type: 'searchset',
    total,
    links: paging.links(next),
    entries: matches.map(entryOf(context, 'match')),
  })
  return {
    answer: { status: 200, json },
    touched: { type: documents, query: paging.used, patients: patientsOf(matches) },
  }
}

function wanted({ definitions: known, search }: Parts, { context, given }: Call): Clause {
  const patient = patientOf(context, given.text('patient')!, given.place('patient'))
  const is = (name: string, value: string) => search.parameter(documents, name, value)
  const within = createCareDates({ definitions: known, parameter: search.parameter })
  const types = given.all.flatMap(({ name, value }) => (name === 'type' ? [is('type', token(value as Coding))] : []))
  // What a document is made to conform to stands in its own meta, or as the format of its content.
  const profiles = given.texts('profile').flatMap((url) => [is('_profile', escaped(url)), is('format', escaped(url))])
  if (given.flag('on-demand')) return none
  return and(
    is('patient', patient),
    is('status', 'current'),
    types.length === 0 ? all : or(...types),
    profiles.length === 0 ? all : or(...profiles),
    within(documents, given.text('start'), given.text('end')),
  )
}

/** An app that was launched for one patient asks for no other: that is an error, not an empty answer. */
function patientOf({ principal, base }: Context, text: string, place: string): string {
  const named = isId(text) ? { type: 'Patient', id: text } : localReference(text, base)
  const id = named?.type === 'Patient' ? named.id : undefined
  if (id === undefined)
    throw new FhirError('invalidQuery', `"${text}" is not the id of a patient.`, { expression: place })
  const launched = principal.patient !== undefined && principal.scopes.every(({ level }) => level === 'patient')
  if (launched && principal.patient?.id !== id) {
    throw new FhirError('insufficientScope', 'The token is for another patient.', { expression: place })
  }
  return id
}

function token({ system, code }: Coding): string {
  return tokenOf({ ...(system === undefined ? {} : { system: escaped(system) }), code: escaped(code ?? '') })
}

/** https://hl7.org/fhir/R4/search.html#escaping */
function escaped(text: string): string {
  return text.replace(/[\\,$|]/g, String.raw`\$&`)
}
