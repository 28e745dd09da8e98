import type { Progress } from '../progress.ts'
import { stepOfOwn } from '../second-step.ts'
import { signIn } from '../sign-in.ts'
import type { Credentials } from '../sign-in.ts'
import { createAccounts } from './accounts.ts'
import { documentsOf } from './documents.ts'
import type { DemoDocument } from './documents.ts'
import { createFhirClient } from './fhir-client.ts'
import type { FhirClient } from './fhir-client.ts'
import { cases, doctors, hospital } from './hospital.ts'
import type { Case, Doctor } from './hospital.ts'
import type { Outbox } from './outbox.ts'
import { careTeamOf, patientOf, placesBundle, recordBundle } from './records.ts'

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

interface Member {
  readonly doctor: Doctor
  readonly named: { reference: string; display: string }
  readonly client: FhirClient
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
  const total = 2 + doctors.length + cases.length * 3
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
  for (const found of cases) {
    const treating = staff.get(found.doctor)!
    step(`${found.given} ${found.family} becomes a patient`)
    const patient = await admit(office, found, organization, treating, staff)
    if (found.account) {
      people.push({
        who: `${found.given} ${found.family}, patient`,
        credentials: await accounts.patient(found, patient),
      })
    }
    step(`The record of ${found.given} ${found.family}`)
    await treating.client.post('', recordBundle(found, patient, treating.named, treating.doctor))
    step(`Documents of ${found.given} ${found.family}`)
    const documents = documentsOf(found, treating.doctor)
    uploaded.set(found.key, await uploadAll(treating, found, patient, documents))
  }

  step('A document is shared by message')
  await share(staff.get('okafor')!, staff.get('raman')!, uploaded.get('holloway')!.at(-1)!)
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
): Promise<string> {
  const { id } = await office.post<{ id: string }>('Patient', patientOf(found, organization, treating.named))
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
  return patient
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

/** The recipient may read the document from now on, though nothing else of that patient. */
async function share(from: Member, to: Member, document: string): Promise<void> {
  await from.client.post('Communication', {
    resourceType: 'Communication',
    status: 'completed',
    sender: from.named,
    recipient: [to.named],
    sent: new Date().toISOString(),
    payload: [
      { contentString: 'Could you have a look at this ECG before the conference on Thursday? Thank you.' },
      { contentReference: { reference: `DocumentReference/${document}` } },
    ],
  })
}

function identityOf(location: string): string {
  return /([A-Z]\w+\/[A-Za-z0-9\-.]+)(?:\/_history\/.*)?$/.exec(location)![1]!
}
