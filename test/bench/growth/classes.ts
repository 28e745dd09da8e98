import { measurements, recordNumbers } from '../generated-resources.ts'
import type { Random } from '../random.ts'
import type { SeededPatient } from './fill.ts'

export interface Question {
  readonly type: string
  /** The id to read, or the query to search by. */
  readonly ask: { readonly read: string } | string
  /** `second`: the page behind the first one; `deep`: one that starts somewhere among all rows. */
  readonly page?: Page
}

type Page = 'second' | 'deep'
type Ask = (patient: SeededPatient, random: Random) => Question

export interface Class {
  readonly name: string
  /** Few rows meet it, however many there are: what it costs must not grow. */
  readonly selective: boolean
  /** Who is asked for: anybody, somebody whose name nobody else has, somebody with a rare disease. */
  readonly of: 'anybody' | 'rarely named' | 'rarely ill'
  readonly question: Ask
  /** Of what grows by nature: the index that would bend the curve, or why none would. */
  readonly bends?: string
}

const about =
  (type: string, query: (patient: SeededPatient, random: Random) => string, page?: Page): Ask =>
  (patient, random) => ({ type, ask: query(patient, random), ...(page && { page }) })
const selective = (name: string, question: Ask, of: Class['of'] = 'anybody'): Class => ({
  ...{ name, selective: true, of, question },
})
const growing = (name: string, question: Ask, bends: string): Class => ({
  ...{ name, selective: false, of: 'anybody', question, bends },
})
const loinc = (random: Random) => `http://loinc.org|${random.pick(measurements)[0]}`
const number = ({ number }: SeededPatient) => `${recordNumbers}|${number}`

// prettier-ignore
export const classes: readonly Class[] = [
  selective('read', ({ id }) => ({ type: 'Patient', ask: { read: id } })),
  selective('_id', about('Patient', ({ id }) => `_id=${id}`)),
  selective('identifier', about('Patient', (patient) => `identifier=${number(patient)}`)),
  selective('identifier without its system', about('DocumentReference', ({ documentNumber }) => `identifier=${documentNumber}`)),
  selective('rare code', about('Condition', ({ rareDisease }) => `code=${rareDisease}`), 'rarely ill'),
  selective('rare name', about('Patient', ({ family }) => `name=${family}`), 'rarely named'),
  selective('a patient’s newest documents', about('DocumentReference', ({ id }) => `patient=${id}&_sort=-date&_count=20`)),
  selective('patient + code + date', about('Observation', ({ id }, random) => `patient=${id}&code=${loinc(random)}&date=ge2018-01-01`)),
  selective('patient + composite', about('Observation', ({ id }, random) => `patient=${id}&code-value-quantity=${loinc(random)}$gt50`)),
  selective('chain', about('DocumentReference', (patient) => `patient.identifier=${number(patient)}`)),
  selective('chain of two links', about('Observation', (patient) => `encounter:Encounter.patient.identifier=${number(patient)}`)),
  selective('chain by a rare name', about('DocumentReference', ({ family }) => `patient.name=${family}`), 'rarely named'),
  selective('_has by identifier', about('Patient', ({ documentNumber }) => `_has:DocumentReference:patient:identifier=${documentNumber}`)),
  selective('_has by a rare code', about('Patient', ({ rareDisease }) => `_has:Condition:patient:code=${rareDisease}`), 'rarely ill'),
  selective('_include', about('Observation', ({ id }) => `patient=${id}&_count=20&_include=Observation:patient&_include=Observation:encounter`)),
  selective('_revinclude by reference', about('Encounter', ({ encounter }) => `_id=${encounter}&_revinclude=Observation:encounter`)),
  selective('_revinclude by patient', about('Patient', ({ id }) => `_id=${id}&_revinclude=DocumentReference:patient`)),
  selective('page 2 of a patient', about('Observation', ({ id }) => `patient=${id}&_sort=-date&_count=5`, 'second')),
  selective('page 2, as stored', about('Observation', () => '', 'second')),
  selective('page 2 by date', about('Observation', () => '_sort=-date', 'second')),
  selective('deep page, as stored', about('Observation', () => '', 'deep')),
  selective('deep page by date', about('Observation', () => '_sort=-date', 'deep')),
  selective('deep page by _lastUpdated', about('Observation', () => '_sort=-_lastUpdated', 'deep')),
  selective('deep page by name', about('Patient', () => '_sort=family', 'deep')),

  growing('newest page of a type', about('Observation', () => '_sort=-date'), 'nothing needs to: the index of the date is walked until the page is full.'),
  growing('count of a type', about('Observation', () => '_summary=count'), 'no index: every row counts. A number kept by each write would, at the price of a row that all writers wait for.'),
  growing('count of a code', about('Observation', (_, random) => `code=${loinc(random)}&_summary=count`), 'a B-tree (key, rid) with a row for each key of each resource: counted by the index alone, it takes about one page for 300 matches. It grows more slowly, but it grows.'),
  growing('code, newest', about('Observation', (_, random) => `code=${loinc(random)}&_sort=-date`), 'nothing needs to while a code keeps its share: the index of the date is walked. (code, date, rid) would spare the rows of other codes.'),
  growing('code + date', about('Observation', (_, random) => `code=${loinc(random)}&date=ge2018-03-01&date=lt2018-04-01`), '(code, date, rid) on the type’s own table: it leads to the matches alone, which are few in a month.'),
  growing('code + quantity', about('Observation', (_, random) => `code=${loinc(random)}&value-quantity=gt195`), 'num by the code as well, (code # quantity, value, rid): it leads to the matches alone. Flat as long as these keep their share.'),
  growing('composite', about('Observation', (_, random) => `code-value-quantity=${loinc(random)}$gt195`), 'the same: the code as a part of the key of the number.'),
  growing(':contains', about('Patient', ({ family }) => `name:contains=${family.slice(2).toLowerCase()}`), 'one trigram index for each parameter (key and trigrams together): names would not be looked for among the texts of all types. What matches still has to be found whole.'),
]
