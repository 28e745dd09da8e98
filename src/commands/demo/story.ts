import { setTimeout as sleep } from 'node:timers/promises'
import type { Accounts } from './accounts.ts'
import type { FhirClient } from './fhir-client.ts'
import { applicants, daughter, hospital } from './hospital.ts'
import type { Doctor } from './hospital.ts'

/** A doctor of the hospital, signed in. */
export interface Member {
  readonly doctor: Doctor
  readonly named: { reference: string; display: string }
  readonly client: FhirClient
}

/** A patient of the hospital; signed in where there is an account. */
export interface Admitted {
  /** `Patient/1` */
  readonly reference: string
  /** The number that the server gave. */
  readonly number: { readonly system: string; readonly value: string }
  readonly client?: FhirClient
}

export interface Cast {
  readonly office: FhirClient
  readonly accounts: Accounts
  readonly doctor: (key: string) => Member
  readonly patient: (key: string) => Admitted
  /** The newest document of a patient. */
  readonly newest: (key: string) => string
}

interface Task {
  readonly id: string
  readonly focus?: { readonly reference?: string }
}

interface Found<T> {
  readonly entry?: readonly { readonly resource: T }[]
}

const day = 86_400_000
const patience = 30_000

/** Where doctors work and what for: by this they are found to be written to. */
export async function listInDirectory({ office, doctor }: Cast, keys: readonly string[], organization: string) {
  for (const key of keys) {
    const { named, doctor: who } = doctor(key)
    const [code, display] = who.specialty
    await office.post('PractitionerRole', {
      resourceType: 'PractitionerRole',
      active: true,
      practitioner: named,
      organization: { reference: organization, display: hospital.name },
      specialty: [{ coding: [{ system: 'http://snomed.info/sct', code, display }], text: display }],
    })
  }
}

/** Two doctors who want to be let in: one waits, the other was asked for more. */
export async function letApply({ office, accounts }: Cast): Promise<void> {
  for (const { note, ...applicant } of applicants) {
    const practitioner = await accounts.applicant(applicant)
    if (note === undefined) continue
    const { entry = [] } = await office.get<Found<Task>>(`Task?code=practitioner-approval&focus=${practitioner}`)
    await office.patch(`Task/${entry[0]!.resource.id}`, [
      { op: 'replace', path: '/status', value: 'on-hold' },
      { op: 'add', path: '/note', value: [{ text: note }] },
    ])
  }
}

/** Three requests for access: one that the patient grants, one that waits for a patient, one that waits for the office. */
export async function askForAccess({ doctor, patient }: Cast): Promise<void> {
  const ferreira = patient('ferreira')
  await ask(doctor('raman'), ferreira, ['11488-4', 'Consult note'], 'To compare the chest CT with earlier findings')
  await grant(ferreira)
  await ask(doctor('okafor'), patient('demir'), ['18776-5', 'Plan of care note'], 'Heart check before he starts sports')
  await ask(doctor('lindqvist'), patient('whitfield'), ['11506-3', 'Progress note'], 'Cover for Dr. Okafor in August')
}

async function ask({ client }: Member, { number }: Admitted, kind: readonly [string, string], why: string) {
  const [code, display] = kind
  const input = (name: string, value: object) => ({ type: { coding: [{ code: name }] }, ...value })
  await client.post('Task', {
    resourceType: 'Task',
    status: 'requested',
    intent: 'proposal',
    code: { coding: [{ code: 'access-request' }] },
    description: why,
    reasonCode: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] },
    restriction: { period: { end: new Date(Date.now() + 60 * day).toISOString() } },
    input: [
      input('patient-identifier', { valueIdentifier: number }),
      input('scope', { valueCodeableConcept: { coding: [{ system: 'http://loinc.org', code, display }] } }),
    ],
  })
}

/** The request reaches the patient a moment after it was sent. */
async function grant({ reference, client }: Admitted): Promise<void> {
  for (const until = Date.now() + patience; Date.now() < until; await sleep(200)) {
    const { entry = [] } = await client!.get<Found<Task>>(`Task?owner=${reference}&status=received`)
    if (entry.length === 0) continue
    return client!.patch(`Task/${entry[0]!.resource.id}`, [{ op: 'replace', path: '/status', value: 'accepted' }])
  }
  throw new Error(`No request for access reached ${reference}`)
}

/** What they write to each other; most of it is still unread. */
export async function write({ doctor, patient, newest }: Cast): Promise<void> {
  const [okafor, raman, lindqvist] = [doctor('okafor'), doctor('raman'), doctor('lindqvist')]
  const question = 'Could you have a look at this ECG before the conference on Thursday? Thank you.'
  await send(okafor.client, [raman.named.reference], question, {
    payload: [
      { contentString: question },
      { contentReference: { reference: `DocumentReference/${newest('holloway')}` } },
    ],
  })

  const call = 'Shall we speak about Mr. Ferreira before his next visit? Friday at noon suits me.'
  const first = await send(lindqvist.client, [okafor.named.reference], call)
  await okafor.client.post(`Communication/${first}/$mark-read`, { resourceType: 'Parameters' })
  const inResponseTo = [{ reference: `Communication/${first}` }]
  await send(okafor.client, [lindqvist.named.reference], 'Friday at noon is fine. I bring the last ECG.', {
    inResponseTo,
  })

  const worry = 'Since last week I am dizzy in the mornings. Should I take the tablet in the evening instead?'
  await send(patient('ferreira').client!, [okafor.named.reference], worry)
}

/** From the next request on the recipient may read a document that a message carries, and nothing else of that patient. */
async function send(client: FhirClient, to: readonly string[], text: string, more: object = {}): Promise<string> {
  const { id } = await client.post<{ id: string }>('Communication', {
    resourceType: 'Communication',
    status: 'in-progress',
    recipient: to.map((reference) => ({ reference })),
    payload: [{ contentString: text }],
    ...more,
  })
  return id
}

/** A daughter who acts for her father, for a year. Answers the RelatedPerson. */
export async function appoint({ office, patient }: Cast): Promise<string> {
  const { given, family, birthDate, patient: whose } = daughter
  const [start, end] = [0, 365].map((days) => new Date(Date.now() + days * day).toISOString().slice(0, 10))
  const system = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
  const { id } = await office.post<{ id: string }>('RelatedPerson', {
    resourceType: 'RelatedPerson',
    active: true,
    patient: { reference: patient(whose).reference },
    relationship: [{ coding: [{ system, code: 'DAU', display: 'natural daughter' }] }],
    name: [{ use: 'official', family, given: [given] }],
    birthDate,
    period: { start, end },
  })
  return `RelatedPerson/${id}`
}

/** What is worth a look when the demo is done. */
export const sights: readonly string[] = [
  'As the administrator: Dr. Elena Marchetti waits for approval, Dr. Samuel Adeyemi was asked for a copy of his licence',
  '  GET /fhir/Task?code=practitioner-approval&status=requested,on-hold&_include=Task:focus',
  'As the administrator: the request of Dr. Lindqvist for a patient without an account waits for the records office',
  '  GET /fhir/Task?code=access-request&status=received',
  'As Yusuf Demir: Dr. Okafor asks to see the plan of care, and he decides. As Tomás Ferreira: what he granted Dr. Raman',
  '  GET /fhir/Task?status=received   and   GET /fhir/Consent',
  'As Dr. Raman, Dr. Okafor and Dr. Lindqvist: one unread message each; one carries an ECG, one is from a patient',
  '  GET /fhir/Communication?recipient:Practitioner.family=Okafor&received:missing=true&category:not=notification',
  'As Clara Whitfield: the record of her father, for whom she acts for a year',
  '  GET /fhir/DocumentReference',
  'As any patient: who looked at the record, in plain words',
  '  GET /fhir/Patient/{id}/$access-log',
]
