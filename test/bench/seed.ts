import type { Connection } from './connection.ts'
import { createRandom } from './random.ts'
import { documentReference, patient, recordBundle, recordNumber } from './generated-resources.ts'

/** What the operations choose from. */
export interface Seeded {
  readonly patients: readonly {
    readonly n: number
    readonly id: string
    readonly family: string
    readonly number: string
  }[]
  /** Patients with 25 documents of their own, each with its file. */
  readonly rich: readonly string[]
  readonly binaries: readonly string[]
  readonly bigBinary: string
  readonly resources: number
  readonly seconds: number
}

const shape = { encounters: 2, observations: 14, conditions: 2, documents: 6 }
const ownDocuments = 25
const callers = 4
export const small = 100 * 1024
export const big = 20 * 2 ** 20

/** Fills the server through its API: one transaction for each patient, and real files for one patient in ten. */
export async function seed(
  connection: Connection,
  count: number,
  doctor: string | undefined,
  onProgress: (done: number) => void,
): Promise<Seeded> {
  const start = performance.now()
  const patients: { n: number; id: string; family: string; number: string }[] = []
  let resources = 0
  await inParallel(count, async (n) => {
    const bundle = recordBundle(n, shape, doctor, (k) => `https://archive.example.org/documents/${n}-${k}.pdf`)
    const { body } = await connection.ask<{ entry: { response: { location: string } }[] }>(
      'POST',
      '/fhir',
      JSON.stringify(bundle),
    )
    const family = (patient(n, doctor).name as { family: string }[])[0]!.family
    patients.push({ n, id: idOf(body.entry[0]!.response.location), family, number: recordNumber(n) })
    resources += bundle.entry.length
    onProgress(patients.length)
  })
  const seconds = (performance.now() - start) / 1000
  patients.sort((a, b) => a.n - b.n)
  const rich = patients.filter((_, n) => n % 10 === 0).map(({ id }) => id)
  const binaries = await documentsWithFiles(connection, rich, doctor)
  const bigBinary = await upload(connection, createRandom(3).bytes(big))
  await connection.send('POST', '/fhir/DocumentReference', linkTo(bigBinary, patients[0]!.id, doctor, 1))
  return { patients, rich, binaries, bigBinary, resources, seconds }
}

/** Answers the files of 100 kB; the others are small, since what counts is that each document has one. */
async function documentsWithFiles(
  connection: Connection,
  rich: readonly string[],
  doctor: string | undefined,
): Promise<string[]> {
  const large: string[] = []
  await inParallel(rich.length * ownDocuments, async (n) => {
    const isLarge = n < 50
    const id = await upload(connection, createRandom(n).bytes(isLarge ? small : 1024))
    if (isLarge) large.push(id)
    await connection.send('POST', '/fhir/DocumentReference', linkTo(id, rich[n % rich.length]!, doctor, n))
  })
  return large
}

function linkTo(binary: string, patientId: string, doctor: string | undefined, n: number): string {
  const subject = { reference: `Patient/${patientId}` }
  return JSON.stringify(documentReference(createRandom(n), subject, doctor, `Binary/${binary}`))
}

export async function upload(connection: Connection, bytes: Buffer): Promise<string> {
  return idOf((await connection.ask('POST', '/fhir/Binary', bytes, 'application/pdf')).location)
}

function idOf(location: string): string {
  const found = /[A-Z]\w+\/([A-Za-z0-9\-.]+)(?:\/_history\/|$)/.exec(location)
  if (!found) throw new Error(`"${location}" names no resource`)
  return found[1]!
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: callers }, caller))
}
