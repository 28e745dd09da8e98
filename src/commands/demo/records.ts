import { hospital } from './hospital.ts'
import type { Case, Doctor } from './hospital.ts'

type Resource = { resourceType: string } & Record<string, unknown>

export interface Entry {
  readonly fullUrl?: string
  readonly resource: Resource
  readonly request: { readonly method: 'POST'; readonly url: string; readonly ifNoneExist?: string }
}

/** The hospital and its wards. */
export function placesBundle() {
  const fullUrl = uuidUrn(1)
  const organization = {
    resourceType: 'Organization',
    identifier: [hospital.identifier],
    active: true,
    name: hospital.name,
  }
  const wards = hospital.wards.map((name) => ({
    resourceType: 'Location',
    status: 'active',
    name,
    managingOrganization: { reference: fullUrl, display: hospital.name },
  }))
  return transaction([entry(organization, fullUrl), ...wards.map((ward) => entry(ward))])
}

export function patientOf(found: Case, organization: string, doctor: { reference: string; display: string }): Resource {
  return {
    resourceType: 'Patient',
    identifier: [{ use: 'usual', system: 'http://lakeside.example/patients', value: recordNumber(found) }],
    active: true,
    name: [{ use: 'official', family: found.family, given: [found.given] }],
    gender: found.gender,
    birthDate: found.birthDate,
    address: [{ use: 'home', city: found.city }],
    generalPractitioner: [doctor],
    managingOrganization: { reference: organization, display: hospital.name },
  }
}

/** What the doctor has entered over the years: visits with their measurements, the diagnosis, the treatment. */
export function recordBundle(
  found: Case,
  patient: string,
  doctor: { reference: string; display: string },
  who: Doctor,
) {
  const subject = { reference: patient, display: `${found.given} ${found.family}` }
  const visits = found.visits.flatMap(([date, systolic, diastolic, kg, rate], n) => {
    const fullUrl = uuidUrn(100 + n)
    const measured = { subject, encounter: { reference: fullUrl }, effectiveDateTime: date, performer: [doctor] }
    return [
      entry(encounter(date, subject, doctor, who), fullUrl),
      entry(bloodPressure(systolic, diastolic, measured)),
      entry(vitalSign('29463-7', 'Body weight', { value: kg, unit: 'kg', code: 'kg' }, measured)),
      entry(vitalSign('8867-4', 'Heart rate', { value: rate, unit: 'beats/minute', code: '/min' }, measured)),
    ]
  })
  const clinical = { subject, recordedDate: found.visits[0]![0], recorder: doctor }
  return transaction([
    ...visits,
    entry({
      resourceType: 'Condition',
      clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/condition-clinical', ['active', 'Active']),
      verificationStatus: coded('http://terminology.hl7.org/CodeSystem/condition-ver-status', [
        'confirmed',
        'Confirmed',
      ]),
      code: coded(snomed, found.condition),
      onsetDateTime: found.since,
      ...clinical,
    }),
    entry({
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: { text: found.medication.split(',')[0] },
      subject,
      authoredOn: found.visits[0]![0],
      requester: doctor,
      dosageInstruction: [{ text: found.medication }],
    }),
    ...(found.allergy ? [entry(allergy(found.allergy, subject, clinical))] : []),
  ])
}

export function careTeamOf(
  found: Case,
  patient: string,
  members: readonly { reference: string; display: string }[],
): Resource {
  return {
    resourceType: 'CareTeam',
    status: 'active',
    name: `Care team of ${found.given} ${found.family}`,
    subject: { reference: patient },
    participant: members.map((member) => ({ member })),
  }
}

const snomed = 'http://snomed.info/sct'

function encounter(date: string, subject: unknown, doctor: unknown, who: Doctor): Resource {
  return {
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
    type: [{ text: `${who.specialty[1]} consultation` }],
    subject,
    participant: [{ individual: doctor }],
    period: { start: `${date}T09:00:00Z`, end: `${date}T09:30:00Z` },
  }
}

function bloodPressure(systolic: number, diastolic: number, measured: object): Resource {
  const component = (code: string, display: string, value: number) => ({
    code: coded('http://loinc.org', [code, display]),
    valueQuantity: { value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
  })
  return {
    ...observation('85354-9', 'Blood pressure panel', measured),
    component: [
      component('8480-6', 'Systolic blood pressure', systolic),
      component('8462-4', 'Diastolic blood pressure', diastolic),
    ],
  }
}

function vitalSign(
  code: string,
  display: string,
  quantity: { value: number; unit: string; code: string },
  measured: object,
) {
  const valueQuantity = { ...quantity, system: 'http://unitsofmeasure.org' }
  return { ...observation(code, display, measured), valueQuantity }
}

function observation(code: string, display: string, measured: object): Resource {
  const category = coded('http://terminology.hl7.org/CodeSystem/observation-category', ['vital-signs', 'Vital Signs'])
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [category],
    code: coded('http://loinc.org', [code, display]),
    ...measured,
  }
}

function allergy(
  code: readonly [string, string],
  patient: unknown,
  { recordedDate, recorder }: Record<string, unknown>,
): Resource {
  const system = 'http://terminology.hl7.org/CodeSystem'
  return {
    resourceType: 'AllergyIntolerance',
    clinicalStatus: coded(`${system}/allergyintolerance-clinical`, ['active', 'Active']),
    verificationStatus: coded(`${system}/allergyintolerance-verification`, ['confirmed', 'Confirmed']),
    code: coded(snomed, code),
    patient,
    recordedDate,
    recorder,
  }
}

function coded(system: string, [code, display]: readonly [string, string]) {
  return { coding: [{ system, code, display }], text: display }
}

/** Seven digits that look like one and depend on the name alone. */
function recordNumber({ key, birthDate }: Case): string {
  const digits = [...`${key}${birthDate}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9_000_000, 7)
  return String(1_000_000 + digits)
}

function uuidUrn(n: number): string {
  return `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

function entry(resource: Resource, fullUrl?: string): Entry {
  return { fullUrl, resource, request: { method: 'POST', url: resource.resourceType } }
}

function transaction(entries: readonly Entry[]) {
  return { resourceType: 'Bundle', type: 'transaction', entry: entries }
}
