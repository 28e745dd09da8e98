import type { Progress } from '../progress.ts'
import { stepOfOwn } from '../second-step.ts'
import { signIn } from '../sign-in.ts'
import type { Credentials } from '../sign-in.ts'
import { createAccounts } from './accounts.ts'
import { documentsOf } from './documents.ts'
import type { DemoDocument } from './documents.ts'
import { createFhirClient } from './fhir-client.ts'
import type { FhirClient } from './fhir-client.ts'
import { cases, daughter, doctors, hospital } from './hospital.ts'
import type { Case } from './hospital.ts'
import type { Outbox } from './outbox.ts'
import { careTeamOf, patientOf, placesBundle, recordBundle } from './records.ts'
import { appoint, askForAccess, letApply, listInDirectory, write } from './story.ts'
import type { Admitted, Cast, Member } from './story.ts'

/** Somebody who can log in when the demo is done. */
export interface DemoPerson {
  readonly who: string
  readonly credentials: Credentials
  /** Of the authenticator app, where the server wanted one. */
  readonly totpKey?: string | undefined
}

interface Parts {
  readonly publicUrl: string
  readonly administrator: Credentials
  readonly outbox: Outbox
  readonly progress: Progress
}

/** Fills an empty server with a small hospital, each step done by whom it would be done by, through the public API. */
export async function runDemo(parts: Parts): Promise<DemoPerson[]> {
  const office = createFhirClient(parts.publicUrl, await signIn(parts.publicUrl, parts.administrator))
  await refuseUnlessEmpty(office)
  try {
    return await fill(parts, office)
  } catch (cause) {
    const text = `${(cause as Error).message}\nThe demo stopped halfway. To begin again, start a server with an empty DATA_DIR.`
    throw new Error(text, { cause })
  }
}

async function fill({ publicUrl, outbox, progress }: Parts, office: FhirClient): Promise<DemoPerson[]> {
  const total = 5 + doctors.length + cases.length * 3
  let done = 0
  const step = (text: string) => progress.show(done++, total, text)
  const people: DemoPerson[] = []

  step('The hospital and its wards')
  const places = await office.post<{ entry: { response: { location: string } }[] }>('', placesBundle())
  const organization = identityOf(places.entry[0]!.response.location)
  const accounts = createAccounts(publicUrl, office, outbox)

  const staff = new Map<string, Member>()
  for (const doctor of doctors) {
    step(`${doctor.given} ${doctor.family} registers and is approved`)
    const { reference, credentials } = await accounts.doctor(doctor)
    const secondStep = stepOfOwn()
    const client = createFhirClient(publicUrl, await signIn(publicUrl, { ...credentials, secondStep }))
    const display = `Dr. ${doctor.given} ${doctor.family}`
    staff.set(doctor.key, { doctor, named: { reference, display }, client })
    people.push({ who: `${display}, ${doctor.specialty[1].toLowerCase()}`, credentials, totpKey: secondStep.key() })
  }

  const uploaded = new Map<string, string[]>()
  const admitted = new Map<string, Admitted>()
  for (const found of cases) {
    const treating = staff.get(found.doctor)!
    step(`${found.given} ${found.family} becomes a patient`)
    const { reference: patient, number } = await admit(office, found, organization, treating, staff)
    admitted.set(found.key, { reference: patient, number })
    if (found.account) {
      const credentials = await accounts.invited(found, patient)
      people.push({ who: `${found.given} ${found.family}, patient`, credentials })
      const client = createFhirClient(publicUrl, await signIn(publicUrl, credentials))
      admitted.set(found.key, { reference: patient, number, client })
    }
    step(`The record of ${found.given} ${found.family}`)
    await treating.client.post('', recordBundle(found, patient, treating.named, treating.doctor))
    step(`Documents of ${found.given} ${found.family}`)
    const documents = documentsOf(found, treating.doctor)
    uploaded.set(found.key, await uploadAll(treating, found, patient, documents))
  }

  const cast: Cast = {
    ...{ office, accounts, doctor: (key) => staff.get(key)!, patient: (key) => admitted.get(key)! },
    newest: (key) => uploaded.get(key)!.at(-1)!,
  }
  step('Doctors ask for access, one is granted it')
  await listInDirectory(cast, [...staff.keys()], organization)
  await askForAccess(cast)
  step('Messages are written, a document is shared by one')
  await write(cast)
  step('More doctors register')
  await letApply(cast)
  step('A daughter acts for her father')
  const credentials = await accounts.invited(daughter, await appoint(cast))
  people.push({ who: `${daughter.given} ${daughter.family}, acts for her father`, credentials })
  progress.show(total, total, `${hospital.name} is ready`)
  return people
}

async function refuseUnlessEmpty(office: FhirClient): Promise<void> {
  for (const type of ['Patient', 'DocumentReference', 'Organization']) {
    const { total } = await office.get<{ total: number }>(`${type}?_summary=count`)
    if (total > 0) {
      throw new Error(
        `This server is not empty: it has ${total} ${type}. The demo fills only an empty one, so that it never mixes with real records.`,
      )
    }
  }
}

/** The office writes the Patient with the doctor who treats, and the care team: these decide who may read the record. */
async function admit(
  office: FhirClient,
  found: Case,
  organization: string,
  treating: Member,
  staff: ReadonlyMap<string, Member>,
): Promise<Admitted> {
  const { id, identifier } = await office.post<{ id: string; identifier: Admitted['number'][] }>(
    'Patient',
    patientOf(found, organization, treating.named),
  )
  const patient = `Patient/${id}`
  const members = [treating, ...(found.team ?? []).map((key) => staff.get(key)!)]
  await office.post(
    'CareTeam',
    careTeamOf(
      found,
      patient,
      members.map(({ named }) => named),
    ),
  )
  const { system, value } = identifier.find((one) => one.system.endsWith('/mrn'))!
  return { reference: patient, number: { system, value } }
}

async function uploadAll(
  { client, named }: Member,
  found: Case,
  patient: string,
  documents: readonly DemoDocument[],
): Promise<string[]> {
  const ids: string[] = []
  for (const { title, fileName, contentType, bytes, date, type } of documents) {
    const binary = await client.upload(bytes, contentType)
    const [code, display] = type
    const { id } = await client.post<{ id: string }>('DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      type: { coding: [{ system: 'http://loinc.org', code, display }], text: display },
      subject: { reference: patient, display: `${found.given} ${found.family}` },
      date: `${date}T10:00:00Z`,
      author: [named],
      description: title,
      content: [{ attachment: { contentType, url: `Binary/${binary}`, title: fileName, size: bytes.length } }],
    })
    ids.push(id)
  }
  return ids
}

function identityOf(location: string): string {
  return /([A-Z]\w+\/[A-Za-z0-9\-.]+)(?:\/_history\/.*)?$/.exec(location)![1]!
}
