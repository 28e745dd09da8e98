import type { Definitions } from '../definitions/definitions.ts'

/** The lines of the role matrix: every resource type belongs to exactly one. */
export type ResourceClass =
  | 'practitioner'
  | 'practitionerRole'
  | 'patient'
  | 'document'
  | 'binary'
  | 'relation'
  | 'clinical'
  | 'knowledge'
  | 'communication'
  | 'consent'
  | 'task'
  | 'auditEvent'
  | 'provenance'
  | 'outside'

const named: Readonly<Record<string, ResourceClass>> = {
  Practitioner: 'practitioner',
  PractitionerRole: 'practitionerRole',
  Patient: 'patient',
  DocumentReference: 'document',
  Binary: 'binary',
  Communication: 'communication',
  Consent: 'consent',
  Task: 'task',
  AuditEvent: 'auditEvent',
  Provenance: 'provenance',
  // Whole types that say who is whose: what they hold decides access, so that only an administrator writes them.
  CareTeam: 'relation',
  Group: 'relation',
  Person: 'relation',
  RelatedPerson: 'relation',
  // What everybody may look up, because records cannot be read without it.
  Organization: 'knowledge',
  OrganizationAffiliation: 'knowledge',
  Location: 'knowledge',
  HealthcareService: 'knowledge',
  Medication: 'knowledge',
  MedicationKnowledge: 'knowledge',
  Substance: 'knowledge',
  CodeSystem: 'knowledge',
  ValueSet: 'knowledge',
  ConceptMap: 'knowledge',
  NamingSystem: 'knowledge',
}

export type ClassOf = (type: string) => ResourceClass

/** The class by name, else by the Patient compartment; a type that nobody has thought of is outside, which nobody but administrators reads. */
export function createClassOf(definitions: Pick<Definitions, 'compartmentParameters'>): ClassOf {
  return (type) =>
    named[type] ?? (definitions.compartmentParameters('Patient', type).length > 0 ? 'clinical' : 'outside')
}
