import type { Work } from './closed-loop.ts'
import type { Connection } from './connection.ts'
import {
  documentReference,
  hundred,
  measurements,
  patient,
  recordBundle,
  recordNumbers,
} from './generated-resources.ts'
import { createRandom } from './random.ts'
import { big, small, upload } from './seed.ts'
import type { Seeded } from './seed.ts'
import type { OperationName } from './targets.ts'

/** `reader` may read every record and is no administrator; `writer` is one. */
export interface Callers {
  readonly reader: Connection
  readonly writer: Connection
}

/** Numbers of patients that no run has used yet: seeds are below. */
let nextPatient = 1_000_000

export function operations({ reader, writer }: Callers, seeded: Seeded, doctor: string): Record<OperationName, Work> {
  const file = createRandom(99).bytes(small)
  const { patients, rich, binaries, bigBinary } = seeded
  const get = (path: string) => reader.send('GET', `/fhir/${path}`)
  const expectLength = async (length: Promise<number>, expected: number) => {
    if ((await length) !== expected) throw new Error(`${await length} bytes instead of ${expected}`)
  }
  const identifier = (number: string) => encodeURIComponent(`${recordNumbers}|${number}`)
  const write = (method: 'POST' | 'PUT', path: string, resource: object) =>
    writer.send(method, `/fhir${path}`, JSON.stringify(resource))
  return {
    read: (random) => get(`Patient/${random.pick(patients).id}`),
    vread: (random) => get(`Patient/${random.pick(patients).id}/_history/1`),
    history: (random) => get(`Patient/${random.pick(patients).id}/_history`),
    'search by name': (random) => get(`Patient?name=${random.pick(patients).family}`),
    'search by identifier': (random) => get(`Patient?identifier=${identifier(random.pick(patients).number)}`),
    'a patient’s 20 newest documents': (random) =>
      get(`DocumentReference?patient=Patient/${random.pick(rich)}&_count=20&_sort=-date`),
    'patient + code + date': (random) => {
      const code = encodeURIComponent(`http://loinc.org|${random.pick(measurements)[0]}`)
      return get(`Observation?patient=Patient/${random.pick(patients).id}&code=${code}&date=ge2018-01-01`)
    },
    chained: (random) => get(`DocumentReference?patient.identifier=${identifier(random.pick(patients).number)}`),
    _include: (random) => {
      const id = random.pick(patients).id
      return get(
        `Observation?patient=Patient/${id}&_count=20&_include=Observation:patient&_include=Observation:encounter`,
      )
    },
    'Binary 100 kB down': (random) => expectLength(get(`Binary/${random.pick(binaries)}`), small),
    'Binary 20 MB down': () => expectLength(get(`Binary/${bigBinary}`), big),
    'Binary 100 kB up': () => upload(writer, file),
    create: () => write('POST', '/Patient', patient(nextPatient++, undefined)),
    update: (random) => {
      const { id, n } = random.pick(patients)
      return write('PUT', `/Patient/${id}`, { ...patient(n, doctor, random.int(9000)), id })
    },
    'document create, 100 kB': async (random) => {
      const subject = { reference: `Patient/${random.pick(patients).id}` }
      const binary = await upload(writer, file)
      return write('POST', '/DocumentReference', documentReference(random, subject, doctor, `Binary/${binary}`))
    },
    'transaction of 100': () => {
      const n = nextPatient++
      return write(
        'POST',
        '',
        recordBundle(n, hundred, undefined, (k) => `https://archive.example.org/${n}-${k}.pdf`),
      )
    },
  }
}
