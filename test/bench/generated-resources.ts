import { createRandom } from './random.ts'
import type { Random } from './random.ts'

/** Synthetic records of a size and a shape that hospitals have; no real people. Everything follows from a seed. */

export type Resource = { resourceType: string; id?: string } & Record<string, unknown>

export const recordNumbers = 'http://hospital.example.org/records'
export const measurements = [
  ['8302-2', 'Body height', 'cm'],
  ['29463-7', 'Body weight', 'kg'],
  ['39156-5', 'Body mass index', 'kg/m2'],
  ['8867-4', 'Heart rate', '/min'],
  ['8310-5', 'Body temperature', 'Cel'],
  ['2339-0', 'Glucose', 'mg/dL'],
  ['4548-4', 'Hemoglobin A1c', '%'],
] as const

const diagnoses = [
  ['44054006', 'Diabetes mellitus type 2'],
  ['38341003', 'Hypertensive disorder'],
  ['195967001', 'Asthma'],
  ['10509002', 'Acute bronchitis'],
] as const
const documentKinds = [
  ['34133-9', 'Summary of episode note'],
  ['18842-5', 'Discharge summary'],
  ['11506-3', 'Progress note'],
  ['11488-4', 'Consult note'],
] as const
const syllables = 'an bel cor dan el far gri hol is jor kal lin mar nor ost per ran sel tor ul ven wil yor zan'.split(
  ' ',
)

export function recordNumber(n: number): string {
  return `R${1_000_000 + n * 7_919}`
}

/** The n-th patient; `version` varies what an update changes. */
export function patient(n: number, doctor: string | undefined, version = 0): Resource {
  const random = createRandom(50_000 + n)
  const [family, given, middle, city] = [word(random, 3), word(random, 2), word(random, 2), word(random, 2)]
  const female = random.int(2) === 0
  return {
    resourceType: 'Patient',
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: word(random, 3) },
      { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { city, country: 'US' } },
    ],
    identifier: [
      {
        use: 'usual',
        type: concept('http://terminology.hl7.org/CodeSystem/v2-0203', ['MR', 'Medical record number']),
        system: recordNumbers,
        value: recordNumber(n),
      },
      { system: 'http://hospital.example.org/insurance', value: `${100_000 + random.int(900_000)}-${n}` },
    ],
    active: true,
    name: [
      { use: 'official', family, given: [given, middle], prefix: [female ? 'Ms.' : 'Mr.'] },
      { use: 'nickname', given: [given.slice(0, 4)] },
    ],
    telecom: [
      { system: 'phone', value: `555-${1000 + ((random.int(9000) + version) % 9000)}`, use: 'home' },
      { system: 'email', value: `${given}.${family}.${n}@post.example.org`.toLowerCase() },
    ],
    gender: female ? 'female' : 'male',
    birthDate: day(random, 1930, 90),
    address: [{ use: 'home', line: [`${1 + random.int(999)} ${word(random, 2)} Street`], city, postalCode: '12345' }],
    maritalStatus: concept('http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', ['M', 'Married']),
    communication: [{ language: concept('urn:ietf:bcp:47', ['en-US', 'English']), preferred: true }],
    ...(doctor ? { generalPractitioner: [{ reference: doctor }] } : {}),
  }
}

export interface Shape {
  readonly encounters: number
  readonly observations: number
  readonly conditions: number
  readonly documents: number
}

/** With its patient a hundred resources. */
export const hundred: Shape = { encounters: 9, observations: 70, conditions: 15, documents: 5 }

/** A transaction with one patient's record; `attachment` gives the URL of each document. */
export function recordBundle(n: number, shape: Shape, doctor: string | undefined, attachment: (k: number) => string) {
  const random = createRandom(90_000 + n)
  const entries: { fullUrl: string; resource: Resource; request: object }[] = []
  const add = (resource: Resource) => {
    const fullUrl = `urn:uuid:${random.uuid()}`
    entries.push({ fullUrl, resource, request: { method: 'POST', url: resource.resourceType } })
    return { reference: fullUrl }
  }
  const subject = add(patient(n, doctor))
  const encounters = many(shape.encounters, () => add(encounter(random, subject)))
  many(shape.observations, () => add(observation(random, subject, random.pick(encounters))))
  many(shape.conditions, () => add(condition(random, subject, random.pick(encounters))))
  many(shape.documents, (k) => add(documentReference(random, subject, doctor, attachment(k), random.pick(encounters))))
  return { resourceType: 'Bundle', type: 'transaction', entry: entries }
}

/** Written by the doctor, who can read it for that reason. */
export function documentReference(
  random: Random,
  subject: object,
  doctor: string | undefined,
  url: string,
  encounter?: object,
): Resource {
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${random.uuid()}` },
    identifier: [{ system: 'http://hospital.example.org/documents', value: random.uuid() }],
    status: 'current',
    docStatus: 'final',
    type: concept('http://loinc.org', random.pick(documentKinds)),
    subject,
    date: instant(random),
    ...(doctor ? { author: [{ reference: doctor }] } : {}),
    description: `${word(random, 3)} ${word(random, 3)}`,
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          language: 'en-US',
          url,
          title: 'letter.pdf',
          creation: day(random, 2015, 10),
        },
      },
    ],
    ...(encounter ? { context: { encounter: [encounter] } } : {}),
  }
}

function encounter(random: Random, subject: object): Resource {
  const start = instant(random)
  return {
    resourceType: 'Encounter',
    identifier: [{ system: 'http://hospital.example.org/encounters', value: random.uuid() }],
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
    type: [concept('http://snomed.info/sct', ['185349003', 'Encounter for check up'])],
    subject,
    period: { start, end: `${start.slice(0, 11)}23:59:59Z` },
  }
}

function observation(random: Random, subject: object, encounter: object): Resource {
  const [code, display, unit] = random.pick(measurements)
  const effectiveDateTime = instant(random)
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', ['vital-signs', 'Vital Signs'])],
    code: concept('http://loinc.org', [code, display]),
    subject,
    encounter,
    effectiveDateTime,
    issued: effectiveDateTime,
    valueQuantity: { value: random.int(20_000) / 100, unit, system: 'http://unitsofmeasure.org', code: unit },
  }
}

export function condition(random: Random, subject: object, encounter: object): Resource {
  const system = 'http://terminology.hl7.org/CodeSystem'
  return {
    resourceType: 'Condition',
    clinicalStatus: concept(`${system}/condition-clinical`, ['active', 'Active']),
    verificationStatus: concept(`${system}/condition-ver-status`, ['confirmed', 'Confirmed']),
    category: [concept(`${system}/condition-category`, ['encounter-diagnosis', 'Encounter Diagnosis'])],
    code: concept('http://snomed.info/sct', random.pick(diagnoses)),
    subject,
    encounter,
    onsetDateTime: instant(random),
  }
}

function concept(system: string, [code, display]: readonly [string, string]) {
  return { coding: [{ system, code, display }], text: display }
}

function word(random: Random, length: number): string {
  const text = many(length, () => random.pick(syllables)).join('')
  return text[0]!.toUpperCase() + text.slice(1)
}

function day(random: Random, from: number, years: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${from + random.int(years)}-${two(1 + random.int(12))}-${two(1 + random.int(28))}`
}

function instant(random: Random): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${day(random, 2015, 10)}T${two(random.int(24))}:${two(random.int(60))}:${two(random.int(60))}Z`
}

function many<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}
