import type { Scope } from './principal.ts'

/** A kind of records of one type, as a person would name it, and the `category` by which it is found. */
interface Kind {
  readonly category: string
  readonly words: string
}

const terminology = 'http://terminology.hl7.org/CodeSystem'
const usCore = 'http://hl7.org/fhir/us/core/CodeSystem'

function kinds(system: string, named: Readonly<Record<string, string>>): Kind[] {
  return Object.entries(named).map(([code, words]) => ({ category: `${system}|${code}`, words }))
}

/**
 * The types that a person may choose among where an app asks for all, and the categories to which a type can be narrowed:
 * those that US Core lists for granular scopes.
 *
 * https://hl7.org/fhir/us/core/scopes.html
 */
const table: Readonly<Record<string, readonly Kind[]>> = {
  Patient: [],
  AllergyIntolerance: [],
  Appointment: [],
  CarePlan: [],
  CareTeam: [],
  Communication: [],
  Condition: [
    ...kinds(`${terminology}/condition-category`, {
      'encounter-diagnosis': 'diagnoses of a visit',
      'problem-list-item': 'long-standing problems',
    }),
    ...kinds(`${usCore}/condition-category`, { 'health-concern': 'concerns about health' }),
  ],
  DiagnosticReport: [
    ...kinds(`${terminology}/v2-0074`, { LAB: 'laboratory', RAD: 'imaging' }),
    ...kinds('http://loinc.org', {
      'LP29708-2': 'cardiology',
      'LP7839-6': 'pathology',
      'LP29684-5': 'radiology',
    }),
  ],
  DocumentReference: kinds(`${usCore}/us-core-documentreference-category`, { 'clinical-note': 'notes of the staff' }),
  Encounter: [],
  Immunization: [],
  MedicationRequest: [],
  Observation: [
    ...kinds(`${terminology}/observation-category`, {
      laboratory: 'laboratory results',
      'vital-signs': 'vital signs',
      'social-history': 'habits and way of life',
      survey: 'answers to questionnaires',
      imaging: 'imaging',
      exam: 'examinations',
    }),
    ...kinds(`${usCore}/us-core-category`, { sdoh: 'living conditions' }),
  ],
  Procedure: [],
  ServiceRequest: [...kinds(`${usCore}/us-core-category`, { sdoh: 'help with living conditions' })],
}

/** A narrower scope that a person may put in the place of one that an app asked for. */
export interface Narrower {
  readonly scope: string
  readonly words: string
}

/** Types for a wildcard, categories for a type; nothing for what is narrow already. */
export function narrowerThan({ level, type, actions, query }: Scope): readonly Narrower[] {
  if (query) return []
  if (type === '*') {
    return Object.keys(table).map((one) => ({ scope: `${level}/${one}.${actions}`, words: plainName(one) }))
  }
  return (table[type] ?? []).map(({ category, words }) => {
    return { scope: `${level}/${type}.${actions}?category=${category}`, words }
  })
}

/** What a type holds, in the words of who does not know FHIR. */
const plain: Readonly<Record<string, string>> = {
  Patient: 'name, birth date and address',
  AllergyIntolerance: 'allergies',
  Appointment: 'appointments',
  AuditEvent: 'the list of who looked at records',
  Binary: 'files',
  CarePlan: 'care plans',
  CareTeam: 'care teams',
  Communication: 'messages',
  Condition: 'illnesses and problems',
  Consent: 'consents',
  DiagnosticReport: 'reports of laboratory and imaging',
  DocumentReference: 'documents',
  Encounter: 'visits and stays',
  Immunization: 'vaccinations',
  MedicationRequest: 'prescribed medicines',
  Observation: 'results and measurements',
  Practitioner: 'staff',
  Procedure: 'operations and treatments',
  Provenance: 'where records come from',
  ServiceRequest: 'orders and referrals',
  Task: 'requests',
}

export function plainName(type: string): string {
  return plain[type] ?? `${type.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()} records`
}
