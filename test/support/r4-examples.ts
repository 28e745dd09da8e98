import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { projectRoot } from '../../src/project-root.ts'

export interface Example {
  readonly name: string
  readonly text: string
  readonly resource: Resource
}

const data = process.env['TEST_DATA']
const full = data === undefined ? undefined : join(data, 'r4-examples')

/** Whether the full set is there: the folder `r4-examples` of TEST_DATA. */
export const hasFullSet = full !== undefined && existsSync(full)

const narrative = /whitespace \(txt-2\)/
const target = /a reference to \w+ is not possible here/

/** Examples that break R4's own rules, with what is said of them: refused. */
export const wrongExamples: Readonly<Record<string, RegExp>> = {
  // "ImplementationGuide.name 1..1", "ImplementationGuide.status 1..1", and an id of 65 characters in a reference.
  'ImplementationGuide-fhir.json': /"(?:name|status)" is required|is not a reference/,
  // "The fullUrl SHALL NOT disagree with the id in the resource". https://hl7.org/fhir/R4/bundle-definitions.html
  'Bundle-10bb101f-a121-4264-a920-67be9cb82c74.json': /Patient\/pat12 is not that of Patient\/pat2/,
}

/** Examples that break rules in ways that records everywhere do: stored with a warning, an error for $validate. */
export const toleratedExamples: Readonly<Record<string, RegExp>> = {
  // txt-2: "The narrative SHALL have some non-whitespace content". https://hl7.org/fhir/R4/narrative.html
  'ActivityDefinition-blood-tubes-supply.json': narrative,
  'EventDefinition-example.json': narrative,
  'Questionnaire-zika-virus-exposure-assessment.json': narrative,
  // "If any profiles are specified, then the content must conform to at least one of them": ElementDefinition.type.targetProfile.
  'DeviceMetric-example.json': target,
  'MedicationRequest-medrx0301.json': target,
  'Observation-clinical-gender.json': target,
}

/** HL7's examples: those that the project carries, or all of TEST_DATA. */
export function r4Examples(): Example[] {
  const folder = hasFullSet ? full! : join(projectRoot, 'test', 'fixtures', 'r4-examples')
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return { name, text, resource: parseJson(text) as Resource }
  })
}
