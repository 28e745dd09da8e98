import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Resource } from '../../src/fhir/resource.ts'
import { projectRoot } from '../../src/project-root.ts'

const folder = join(projectRoot, 'test/fixtures/ihe-pcf')

function read(name: string): Resource[] {
  const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Resource)
}

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** What the guide's own records have none of: something that ex-practitioner wrote, and something about mental health. */
const ours: Resource[] = [
  {
    resourceType: 'Observation',
    id: 'ex-own',
    subject: { reference: 'Patient/ex-patient' },
    performer: [{ reference: 'Practitioner/ex-practitioner' }],
    effectiveDateTime: '2021-05-05',
  },
  {
    resourceType: 'Observation',
    id: 'ex-mood',
    meta: {
      security: [
        { system: confidentiality, code: 'R' },
        { system: act, code: 'PSY' },
      ],
    },
    subject: { reference: 'Patient/ex-patient' },
    performer: [{ reference: 'Practitioner/ex-author' }],
    effectiveDateTime: '2021-06-06',
  },
]

export const exampleConsents = (): Resource[] => read('consents.ndjson')

/** All were last changed in 2023. */
export const exampleRecords = (): Resource[] =>
  [...read('records.ndjson'), ...ours].map((record) => ({
    ...record,
    meta: { ...record.meta, lastUpdated: '2023-03-01T00:00:00Z' },
  }))

/**
 * What each example lets those see who treat the patient, worked out from the guide's text, on a server that allows nothing by
 * itself. `to`: what it lets Practitioner/ex-practitioner see instead, where the Consent names him. Labelled records take a
 * permit that names a label; R names all that is restricted.
 */
export interface Expected {
  readonly allows: readonly string[]
  readonly to?: readonly string[]
}

const normal = ['ex-encounter', 'ex-bloodPressure', 'ex-bloodSugar', 'ex-weight', 'ex-weight-2', 'ex-own']
const but = (...ids: string[]) => normal.filter((id) => !ids.includes(id))
const all = [...normal, 'ex-alcoholUse', 'ex-mood']

export const expected: Readonly<Record<string, Expected>> = {
  'ex-consent-basic-treat': { allows: normal },
  'ex-consent-basic-ink': { allows: normal },
  'ex-consent-basic-treat-infant': { allows: normal },
  'ex-consent-basic-reject': { allows: [] },
  'ex-consent-basic-research': { allows: [] },
  'ex-consent-expired-treat': { allows: [] },
  'ex-consent-intermediate-timeframe': { allows: [] },
  'ex-consent-intermediate-not-timeframe': { allows: normal },
  'ex-consent-intermediate-data': { allows: [...but('ex-own'), 'ex-alcoholUse'] },
  'ex-consent-intermediate-not-data': { allows: normal },
  'ex-consent-intermediate-authoredby': { allows: ['ex-own'] },
  'ex-consent-intermediate-not-authoredby': { allows: but('ex-own') },
  'ex-consent-intermediate-encounter': { allows: but('ex-own') },
  'ex-consent-intermediate-not-encounter': { allows: ['ex-own'] },
  'ex-consent-intermediate-purpose': { allows: [] },
  'ex-consent-advanced-normal': { allows: normal },
  'ex-consent-advanced-normal-not-restricted': { allows: normal },
  'ex-consent-advanced-normal-restricted': { allows: all },
  'ex-consent-advanced-normal-focused-restricted': { allows: normal, to: all },
  'ex-consent-advanced-normal-focused-psy': { allows: normal, to: [...normal, 'ex-mood'] },
  'ex-consent-advanced-normal-focused-psy-or-sdv': { allows: normal, to: [...normal, 'ex-mood'] },
  'ex-consent-advanced-normal-break-glass-restricted': { allows: normal },
  'ex-dissent-intermediate-break-glass': { allows: [] },
}
