import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { peopleOf, type SomePerson } from './people.ts'
import { aDocumentReference } from './resources.ts'
import type { TestServer } from './server.ts'

export interface StoredTask {
  readonly id: string
  readonly status: string
  readonly owner: { readonly reference?: string; readonly identifier?: { readonly value: string } }
  readonly statusReason?: object
  readonly output?: readonly { readonly valueReference?: { readonly reference: string } }[]
  readonly meta: { readonly versionId: string }
  readonly [element: string]: unknown
}

export const days = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString()

const input = (code: string, value: object) => ({ type: { coding: [{ code }] }, ...value })
export const scope = (value: object) => input('scope', value)
export const granted = (value: object) => input('granted', value)
export const byIdentifier = (system: string, value: string) =>
  input('patient-identifier', { valueIdentifier: { system, value } })
export const document = (name: string) => ({ valueReference: { reference: name } })
export const ofKind = (code: string) => ({ valueCodeableConcept: { coding: [{ code }] } })
export const wholeRecord = ofKind('record')

/** A request as a doctor's app sends it; `about` says about whom and for what. */
export function anAccessRequest(about: object, more: object = {}) {
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'proposal',
    code: { coding: [{ code: 'access-request' }] },
    description: 'Second opinion',
    reasonCode: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] },
    restriction: { period: { end: days(30) } },
    ...about,
    ...more,
  }
}

/** Sends it, has it routed, and answers it as it is then. */
export async function requested(server: TestServer, doctor: SomePerson, task: object): Promise<StoredTask> {
  const { status, body } = await doctor.client.post('Task', task)
  assert.equal(status, 201, JSON.stringify(body))
  await server.composed.lookAfterRequests()
  return (await doctor.client.get(`Task/${body.id}`)).body as StoredTask
}

/** Takes a step, with the ETag of the version that was looked at. */
export function step(by: Pick<SomePerson, 'client'>, task: StoredTask, status: string, more: object = {}) {
  return by.client.put(`Task/${task.id}`, { ...task, status, ...more }).set('if-match', `W/"${task.meta.versionId}"`)
}

/** Gives a person an account, as an invitation that was used does. */
export async function withAccount(server: TestServer, { id, name, email }: SomePerson): Promise<void> {
  const [type] = name.split('/')
  await server.composed.store.query(
    `insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
     values ($1, $2, '-', 'verified', '{patient}', $3, $4, $5)`,
    [randomUUID(), email, type, id, server.composed.keys.ridOf(type!, id)],
  )
}

export const mrn = 'https://hospital.example/mrn'

export const statusOf = async ({ client }: SomePerson, name: string) => (await client.get(name)).status
export const statuses = (who: SomePerson, names: readonly string[]) =>
  Promise.all(names.map((name) => statusOf(who, name)))
export const current = async (by: Pick<SomePerson, 'client'>, { id }: { id: string }) =>
  (await by.client.get(`Task/${id}`)).body as StoredTask

/** Patients with documents, a doctor who asks, and an office that decides. */
export async function aHospital(server: TestServer) {
  const people = peopleOf(server)
  const office: Pick<SomePerson, 'client'> = { client: people.admin }
  const author = await people.doctor()

  /** A patient of two doctors, with two letters and an image by the one, which the other may not open. */
  async function fresh(more: object = {}) {
    const doctor = await people.doctor()
    const patient = await people.patient({ generalPractitioner: [author.reference, doctor.reference], ...more })
    const written = async (kind: string) => {
      const type = { coding: [{ code: kind }] }
      const { status, body } = await author.client.post('DocumentReference', aDocumentReference(patient.name, { type }))
      assert.equal(status, 201, JSON.stringify(body))
      return `DocumentReference/${body.id}`
    }
    const letters = [await written('letter'), await written('letter')] as const
    return { doctor, patient, letters, image: await written('image') }
  }

  /** A patient whom the doctor may not see, known by a number of the hospital alone. */
  async function strange(more: object = {}) {
    const number = randomUUID()
    const identifier = [{ system: mrn, value: number }]
    const seen = await fresh({ generalPractitioner: [author.reference], identifier, ...more })
    return { ...seen, number, about: { input: [byIdentifier(mrn, number), scope(ofKind('letter'))] } }
  }

  /** The Task that routes a request; the office sees it. */
  async function routing({ id }: { id: string }): Promise<StoredTask> {
    const { body } = await office.client.get(`Task?based-on=Task/${id}`)
    assert.equal(body.total, 1)
    return body.entry[0].resource as StoredTask
  }

  return { people, office, author, fresh, strange, routing }
}
