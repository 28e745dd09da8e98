import assert from 'node:assert/strict'
import { hash } from '@node-rs/argon2'
import type { Role } from '../../src/access/principal.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aCondition, aDocumentReference, anObservation, posted } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { launch, type Reached } from './app.ts'
import { password } from './oauth-server.ts'

/** The composed server with accounts that sign in, and two patients whose records hold the same kinds of things. */
export interface Hospital extends Reached {
  readonly server: TestServer
  readonly anna: SomePerson
  readonly ben: SomePerson
  readonly doctor: SomePerson
  /** Anna's. */
  readonly encounter: string
  /** May register apps. */
  readonly chief: string
  get(path: string, token: string, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: { resourceType: string; id: string; total?: number; entry?: { resource: Found }[] }
}

interface Found {
  readonly resourceType: string
  readonly id: string
}

export const categories = {
  condition: 'http://terminology.hl7.org/CodeSystem/condition-category',
  usCondition: 'http://hl7.org/fhir/us/core/CodeSystem/condition-category',
  observation: 'http://terminology.hl7.org/CodeSystem/observation-category',
  usCore: 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category',
  document: 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category',
} as const

export async function startHospital(): Promise<Hospital> {
  const server = await startServer({ RATE_LIMIT_SCALE: '0' })
  const reached = { url: server.url, fhir: server.base }
  const people = peopleOf(server)
  const [chief, doctor] = [await people.doctor(), await people.doctor()]
  const generalPractitioner = [doctor.reference]
  const [anna, ben] = [await people.patient({ generalPractitioner }), await people.patient({ generalPractitioner })]
  await addAccount(server, chief, ['admin', 'practitioner'])
  await addAccount(server, doctor, ['practitioner'])
  await addAccount(server, anna, ['patient'])
  await addAccount(server, ben, ['patient'])
  for (const { name } of [anna, ben]) {
    const { status, body } = await people.admin.post('/fhir', recordOf(name))
    assert.equal(status, 200, JSON.stringify(body))
  }
  const { body: found } = await people.admin.get(`Encounter?patient=${anna.id}`)
  const { body } = await launch(reached, { email: chief.email }, { scope: 'openid fhirUser user/*.cruds' })
  return {
    ...{ ...reached, server, anna, ben, doctor, encounter: found.entry[0].resource.id, chief: body.access_token },
    async get(path, token, headers = {}) {
      const response = await fetch(new URL(path, `${server.base}/`), {
        headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
      })
      return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
    },
    close: () => server.close(),
  }
}

/** The ids that a search answered, of one type. */
export function idsOf({ body }: Answer, type: string): string[] {
  return (body.entry ?? []).flatMap(({ resource }) => (resource.resourceType === type ? [resource.id] : []))
}

async function addAccount(server: TestServer, { email, name }: SomePerson, roles: readonly Role[]): Promise<void> {
  const [type, id] = name.split('/') as ['Practitioner' | 'Patient', string]
  await server.composed.store.query(
    `insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
     values (gen_random_uuid(), $1, $2, 'verified', $3, $4, $5, $6)`,
    [email, await hash(password), roles, type, id, server.composed.keys.ridOf(type, id)],
  )
}

function recordOf(patient: string) {
  const category = (system: string, code: string) => ({ category: [{ coding: [{ system, code }] }] })
  const { condition, usCondition, observation, usCore, document } = categories
  const note = { coding: [{ system: 'http://loinc.org', code: '11488-4' }] }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      posted({
        ...{ resourceType: 'Encounter', status: 'finished', subject: { reference: patient } },
        ...{ class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' } },
      } as { resourceType: string }),
      posted(aCondition(patient, category(condition, 'encounter-diagnosis'))),
      posted(aCondition(patient, category(usCondition, 'health-concern'))),
      posted(aCondition(patient, category(condition, 'problem-list-item'))),
      ...['laboratory', 'social-history', 'vital-signs', 'survey'].map((code) =>
        posted(anObservation(patient, category(observation, code))),
      ),
      posted(anObservation(patient, category(usCore, 'sdoh'))),
      posted(
        aDocumentReference(patient, {
          ...category(document, 'clinical-note'),
          ...{
            type: note,
            date: '2025-03-04T05:06:07Z',
            context: { period: { start: '2025-03-01', end: '2025-03-04' } },
          },
        }),
        { fullUrl: 'urn:uuid:0f9f0d80-1f6a-4c7e-9d2e-3f3f3f3f3f3f' },
      ),
      posted(aDocumentReference(patient, { type: note, date: '2024-03-04T05:06:07Z' })),
      posted({
        ...{ resourceType: 'Provenance', recorded: '2025-03-04T05:06:07Z', agent: [{ who: { reference: patient } }] },
        target: [{ reference: 'urn:uuid:0f9f0d80-1f6a-4c7e-9d2e-3f3f3f3f3f3f' }],
      } as { resourceType: string }),
    ],
  }
}
