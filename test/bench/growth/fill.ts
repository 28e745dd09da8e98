import { stamped } from '../../../src/interactions/stamp.ts'
import { labelBits } from '../../../src/search/label-bits.ts'
import type { Write } from '../../../src/store/store.ts'
import { condition, recordBundle, recordNumber, type Resource } from '../generated-resources.ts'
import { createRandom } from '../random.ts'
import type { Engine } from './engine.ts'

/** With its patient 25 resources. */
const shape = { encounters: 2, observations: 14, conditions: 2, documents: 6 }
export const perPatient = 25
/** A doctor treats so many patients, however large the hospital is. */
export const panel = 50
/** One patient in so many has a care team that another doctor is in; another one gave that doctor access. */
const knownElsewhere = 5
/** One patient in so many has a rare disease; each rare disease is that of two patients. */
const rareEvery = 20
const patientsPerStatement = 8
const statementsAtOnce = 2

/** A patient whom searches can ask for, by something of the record. */
export interface SeededPatient {
  readonly n: number
  readonly id: string
  readonly number: string
  readonly family: string
  readonly doctor: string
  readonly encounter: string
  readonly document: string
  readonly documentNumber: string
  readonly rareDisease: string | undefined
}

/** A doctor of very many: treats the first patients, and was given single resources of the next ones by consents. */
export const busyDoctor = { id: 'busy-doctor', treats: 300, grants: 2_000, grantsOf: perPatient } as const
/** Those whom the busy doctor knows. */
export const knownToBusyDoctor = busyDoctor.treats + busyDoctor.grants / busyDoctor.grantsOf

interface Filling {
  readonly from: number
  readonly to: number
  /** Whether there is a busy doctor, who takes the place of the doctors of the first patients. */
  readonly busy?: boolean
}

/** Adds the patients with these numbers and their records, and their doctors; answers the patients in order. */
export async function fill(
  engine: Engine,
  { from, to, busy = false }: Filling,
  onProgress: (patients: number) => void,
): Promise<SeededPatient[]> {
  const seeded: SeededPatient[] = []
  let next = from
  const writer = async () => {
    while (next < to) {
      const first = next
      next = Math.min(first + patientsPerStatement, to)
      const records = Array.from({ length: next - first }, (_, n) => recordOf(engine, first + n, busy))
      await put(
        engine,
        records.flatMap(({ resources }) => resources),
      )
      for (const { patient } of records) await share(engine, patient)
      if (busy) for (const { patient, resources } of records) await shareWithBusyDoctor(engine, patient, resources)
      seeded.push(...records.map(({ patient }) => patient))
      onProgress(from + seeded.length)
    }
  }
  await put(engine, doctorsOf({ from, to, busy }))
  await Promise.all(Array.from({ length: statementsAtOnce }, writer))
  return seeded.toSorted((a, b) => a.n - b.n)
}

/** As a transaction would store them, but for what validation and rules would say. */
async function put({ search, store, keys }: Engine, resources: readonly Resource[]): Promise<void> {
  const now = new Date()
  const writes = resources.map((sent): Write => {
    const { resourceType: type, id = '' } = sent
    const resource = stamped(sent, id, 1, now)
    const content = { json: JSON.stringify(resource), index: search.extract(resource, id) }
    return { kind: 'create', type, id, rid: keys.ridOf(type, id), lastUpdated: now.getTime(), ...content }
  })
  const { stale } = await store.resources.put(writes)
  if (stale.length > 0) throw new Error('What was to be seeded is there already')
}

/** A consent to another doctor, for all of the record. */
async function share({ store, keys }: Engine, { n, id }: SeededPatient): Promise<void> {
  if (n % knownElsewhere !== 1) return
  const grantee = keys.ridOf('Practitioner', doctorOf(n + panel))
  const of = { grantee, pat: keys.ridOf('Patient', id), type: 'Patient', rid: 0n, effect: 'permit' } as const
  const whole = {
    ...of,
    labels: labelBits.normal,
    obligations: 0,
    purposes: 0,
    nested: false,
    excepted: false,
    starts: 0,
    ends: Date.UTC(2100, 0, 1),
  }
  await store.grants.replace(keys.newIdentity('Consent').rid, 1, [whole])
}

/** A consent for each resource of some patients. */
async function shareWithBusyDoctor(
  { store, keys }: Engine,
  { n, id }: SeededPatient,
  resources: readonly Resource[],
): Promise<void> {
  if (n < busyDoctor.treats || n >= knownToBusyDoctor) return
  const grantee = keys.ridOf('Practitioner', busyDoctor.id)
  const common = {
    grantee,
    pat: keys.ridOf('Patient', id),
    effect: 'permit',
    labels: -1,
    obligations: 0,
    purposes: 0,
    nested: false,
    excepted: false,
  } as const
  for (const { resourceType: type, id: of = '' } of resources.slice(0, busyDoctor.grantsOf)) {
    const grant = { ...common, type, rid: keys.ridOf(type, of), starts: 0, ends: Date.UTC(2100, 0, 1) }
    await store.grants.replace(keys.newIdentity('Consent').rid, 1, [grant])
  }
}

function doctorOf(n: number, busy = false): string {
  if (busy && n < busyDoctor.treats) return busyDoctor.id
  return `doctor-${Math.floor(n / panel)}`
}

function doctorsOf({ from, to, busy = false }: Filling): Resource[] {
  const first = Math.ceil(from / panel)
  const ids = Array.from({ length: Math.ceil(to / panel) - first }, (_, n) => doctorOf((first + n) * panel))
  return [...ids, ...(busy && from === 0 ? [busyDoctor.id] : [])].map((id) => {
    const name = [{ family: id, given: ['Bench'] }]
    return { resourceType: 'Practitioner', id, active: true, name }
  })
}

function careTeam(id: string, patient: string, doctor: string): Resource {
  const participant = [{ member: { reference: `Practitioner/${doctor}` } }]
  return { resourceType: 'CareTeam', id, status: 'active', subject: { reference: patient }, participant }
}

/** One patient's record, its ids chosen and its references led to them. */
function recordOf({ keys }: Engine, n: number, busy: boolean): { resources: Resource[]; patient: SeededPatient } {
  const doctor = doctorOf(n, busy)
  const attachment = (k: number) => `https://archive.example.org/documents/${n}-${k}.pdf`
  const bundle = recordBundle(n, shape, `Practitioner/${doctor}`, attachment)
  const ids = new Map(
    bundle.entry.map(({ fullUrl, resource }) => [fullUrl, keys.newIdentity(resource.resourceType).id]),
  )
  const names = bundle.entry.map(({ fullUrl, resource }) => `${resource.resourceType}/${ids.get(fullUrl)}`)
  let text = JSON.stringify(bundle.entry.map(({ fullUrl, resource }) => ({ ...resource, id: ids.get(fullUrl) })))
  bundle.entry.forEach(({ fullUrl }, at) => (text = text.replaceAll(`"${fullUrl}"`, `"${names[at]}"`)))
  const resources = JSON.parse(text) as Resource[]
  const of = (type: string) => resources.find(({ resourceType }) => resourceType === type) as Resource
  const [patient, encounter, document] = [of('Patient'), of('Encounter'), of('DocumentReference')]
  if (n % knownElsewhere === 0) resources.push(careTeam(`${n}`, `Patient/${patient.id}`, doctorOf(n + panel)))
  const rareDisease = n % rareEvery === 0 ? `rare-${Math.floor(n / (2 * rareEvery))}` : undefined
  if (rareDisease !== undefined) {
    const subject = { reference: `Patient/${patient.id}` }
    const common = condition(createRandom(n), subject, { reference: `Encounter/${encounter.id}` })
    const code = { coding: [{ system: 'http://snomed.info/sct', code: rareDisease }] }
    resources.push({ ...common, id: keys.newIdentity('Condition').id, code })
  }
  const seeded = { n, id: patient.id!, number: recordNumber(n), doctor, rareDisease }
  const family = (patient['name'] as { family: string }[])[0]!.family
  const [{ value }] = document['identifier'] as [{ value: string }]
  return { resources, patient: { ...seeded, family, encounter: encounter.id!, document: document.id!, documentNumber: value } } // prettier-ignore
}
