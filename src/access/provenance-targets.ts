/** The types whose Provenance doctors and patients read, each under its own rows; a Provenance of other types is the office's. */
export const targetTypes = [
  'AllergyIntolerance',
  'CarePlan',
  'Condition',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'Goal',
  'Immunization',
  'MedicationRequest',
  'Observation',
  'Patient',
  'Procedure',
  'ServiceRequest',
] as const
