import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import { pagingOf, pagingParameters } from '../interactions/operation-paging.ts'
import type { Answered } from '../interactions/interaction.ts'
import type { Call, Operation } from '../interactions/operation.ts'
import { parametersText } from '../interactions/parameters-text.ts'
import { notFound, patientsOf } from '../interactions/visible-rows.ts'
import { type Clause, none } from '../search/clause.ts'
import type { Search } from '../search/create-search.ts'
import { createLogContext } from './audit/log-context.ts'
import { actorOf, logEntry, partsOfEntry, recipientOf } from './audit/log-entry.ts'
import type { OwnCodes } from './codes.ts'
import { mostPatience, type ShowTrail } from './show-trail.ts'

interface Parts {
  access: Access
  search: Search
  codes: OwnCodes
  base: string
  trail: Pick<ShowTrail, 'upToNow'>
}

const defaultCount = 50
const mostCount = 200
const log = 'AuditEvent'

/**
 * `GET [base]/Patient/1/$access-log`: who looked at the record, in plain words, newest first. It is for the patient, for who acts
 * for him, and for who answers for privacy; each line stands on an AuditEvent that the caller may find, and no line on one that is hidden.
 *
 * The answer is a Parameters and no searchset: a line puts together the event, the names of today and the Consents of
 * then, which no resource holds, and an AuditEvent that said more than the stored one would be another under the same id.
 * "Health professional access services … information on access": Regulation (EU) 2025/327, Article 9.
 */
export function accessLog({ access, search, codes, base, trail }: Parts): Operation {
  const logContext = createLogContext({ search, base })

  return {
    name: 'access-log',
    definition: codes.operation('access-log'),
    on: ['instance'],
    types: ['Patient'],
    affectsState: false,
    needs: 'read',
    parameters: { start: { type: 'dateTime' }, end: { type: 'dateTime' }, ...pagingParameters },
    published: {
      description:
        'Who looked at the record of this patient, in plain words, newest first; for the patient, for who acts for him and for who answers for privacy.',
      answers: {
        entry: { min: 0, max: Infinity, part: partsOfEntry },
        next: { type: 'uri', min: 0 },
      },
    },
    run,
  }

  async function run(call: Call): Promise<Answered> {
    const { context, handle, given } = call
    const allowed = access.rows(context.principal, log, 'search', context.now.getTime())
    const patient = await patientOf(call)
    await trail.upToNow(mostPatience)
    const name = `Patient/${patient.id}`
    const paging = pagingOf(search, call, defaultCount)
    const request = search.parse(log, queryOf(name, given), { lenient: false, principalKey: '' })
    const page = { ...request, count: Math.min(paging.count, mostCount), after: paging.after, total: 'none' as const }
    const { matches, next } = await handle.resources.find(page, (type): Clause => (type === log ? allowed : none))
    const events = matches.map(({ json }) => parseJson(json) as Resource)
    const actors = [...new Set(events.flatMap((event) => [actorOf(event) ?? [], recipientOf(event) ?? []].flat()))]
    const known = await logContext(handle, patient, actors)
    const link = paging.links(next).find(({ relation }) => relation === 'next')
    const json = parametersText(
      ...events.map((event) => logEntry(event, name, known)),
      ...(link ? [{ name: 'next', valueUri: link.url }] : []),
    )
    const touched = { type: 'Patient', id: patient.id!, query: paging.used, patients: patientsOf(matches) }
    return { answer: { status: 200, json }, touched: { ...touched, detail: { operation: 'access-log' } } }
  }

  /** The patient whose log it is, for those who may have it; to others the record is there or not as it is for a read. */
  async function patientOf({ context, handle, asked, rows }: Call): Promise<Resource> {
    const id = asked.id!
    const isOffice = answersForPrivacy(context)
    const ofEverybody = isOffice && readsEveryPatient(context)
    const [stored] = await handle.resources.read('Patient', [id], ofEverybody ? {} : { where: rows })
    if (!stored) throw notFound('Patient', id)
    if (stored.deleted && !ofEverybody) throw new FhirError('gone', `Patient/${id} has been deleted.`)
    const { person } = context.principal
    // Who acts for patients reads the records of no others.
    if (isOffice || person?.type === 'RelatedPerson' || (person?.type === 'Patient' && person.id === id)) {
      return stored.deleted ? { resourceType: 'Patient', id } : (parseJson(stored.json) as Resource)
    }
    throw new FhirError(
      'forbidden',
      'The access log is for the patient, for who acts for him, and for who answers for privacy.',
    )
  }
}

function answersForPrivacy({ principal }: Context): boolean {
  return principal.kind === 'person' && principal.roles.some((role) => role === 'admin' || role === 'privacy-officer')
}

/** Who answers for privacy has the log of records that he may not read, and of deleted ones; not by a token that is narrowed to some. */
function readsEveryPatient({ principal }: Context): boolean {
  return principal.scopes.some(
    ({ level, type, actions, query = [] }) =>
      level === 'user' && (type === '*' || type === 'Patient') && actions.includes('r') && query.length === 0,
  )
}

/** What was done, and what was passed on: as its source tells it, or it would stand there twice. */
function queryOf(patient: string, given: Call['given']): URLSearchParams {
  const query = new URLSearchParams({ entity: patient, type: 'rest,110106', _sort: '-date' })
  const [start, end] = [given.text('start'), given.text('end')]
  if (start !== undefined) query.append('date', `ge${start}`)
  if (end !== undefined) query.append('date', `le${end}`)
  return query
}
