import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Change, Rule } from '../interactions/rule.ts'
import { concept, type OwnCodes } from './codes.ts'
import { isPatientNumber, newPatientNumber } from './patient-number.ts'

interface Identifier {
  readonly system?: string
  readonly value?: string
  readonly [element: string]: unknown
}

/**
 * Every new patient gets a number of the server's own, for good: who leaves it out of an update finds it kept, nobody makes,
 * changes or takes it. That no two patients ever have the same one is for the database to see to (`patient_number`).
 *
 * https://hl7.org/fhir/R4/patient-definitions.html#Patient.identifier
 */
export function patientIdentifier({ codes }: { codes: OwnCodes }): Rule {
  return { type: 'Patient', settle }

  function settle(change: Change): Resource | undefined {
    const { before, after } = change
    if (!after) return undefined
    const [given, stored] = [ownOf(after), before ? ownOf(before) : []]
    // What is brought from elsewhere, or back, under an id that the client names.
    if (!before && change.interaction === 'update') return refuseWrong(given)
    if (before && stored.length === 0) return refuseWrong(given)
    if (!before) {
      if (given.length > 0) throw refused('The server makes the patient number.')
      return withNumbers(after, [made()])
    }
    if (given.length === 0) return withNumbers(after, stored)
    if (given.map(nameOf).sort().join() === stored.map(nameOf).sort().join()) return undefined
    throw refused('The patient number stays as the server made it.')
  }

  /** What is brought from another place of this product has its number already. */
  function refuseWrong(given: readonly Identifier[]): undefined {
    if (given.length > 1) throw refused('A patient has one number.')
    if (given.every(({ value }) => isPatientNumber(value ?? ''))) return undefined
    throw refused('The last character of this patient number does not fit the others.')
  }

  function made(): Identifier {
    const type = concept('http://terminology.hl7.org/CodeSystem/v2-0203', 'MR', 'Medical record number')
    return { use: 'official', type, system: codes.patientNumber, value: newPatientNumber() }
  }

  function ownOf(patient: Resource): Identifier[] {
    return identifiersOf(patient).filter(({ system }) => system === codes.patientNumber)
  }
}

function withNumbers(patient: Resource, numbers: readonly Identifier[]): Resource {
  return { ...patient, identifier: [...identifiersOf(patient), ...numbers] }
}

function identifiersOf(patient: Resource): Identifier[] {
  return (patient['identifier'] ?? []) as Identifier[]
}

function nameOf({ value }: Identifier): string {
  return value ?? ''
}

function refused(text: string): FhirError {
  return new FhirError('unprocessable', text, { expression: 'Patient.identifier' })
}
