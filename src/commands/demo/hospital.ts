/** The people and places of the demo. All invented; the names are common ones and the addresses end in `.example`. */

export const hospital = {
  name: 'Lakeside Hospital',
  domain: 'lakeside.example',
  patientDomain: 'post.example',
  identifier: { system: 'http://lakeside.example/organizations', value: 'lakeside' },
  wards: ['Cardiology outpatients', 'Internal medicine', 'Radiology'],
} as const

export interface Doctor {
  readonly key: string
  readonly given: string
  readonly family: string
  readonly licence: string
  /** SNOMED CT. */
  readonly specialty: readonly [code: string, display: string]
}

export const doctors: readonly Doctor[] = [
  { key: 'okafor', given: 'Miriam', family: 'Okafor', licence: 'LS-204417', specialty: ['394579002', 'Cardiology'] },
  {
    key: 'lindqvist',
    given: 'Jonas',
    family: 'Lindqvist',
    licence: 'LS-198532',
    specialty: ['419192003', 'Internal medicine'],
  },
  {
    key: 'raman',
    given: 'Priya',
    family: 'Raman',
    licence: 'LS-211906',
    specialty: ['394914008', 'Radiology'],
  },
]

/** Doctors who want to be let in. `note`: what the office asked them for. */
export const applicants: readonly (Doctor & { readonly note?: string })[] = [
  {
    key: 'marchetti',
    given: 'Elena',
    family: 'Marchetti',
    licence: 'LS-219340',
    specialty: ['394591006', 'Neurology'],
  },
  {
    key: 'adeyemi',
    given: 'Samuel',
    family: 'Adeyemi',
    licence: 'LS-220118',
    specialty: ['394537008', 'Paediatrics'],
    note: 'Please send us a copy of your licence: the number is not in the register yet.',
  },
]

/** Acts for a patient who has no account. */
export const daughter = {
  key: 'clara',
  given: 'Clara',
  family: 'Whitfield',
  birthDate: '1978-09-21',
  patient: 'whitfield',
} as const

export interface Case {
  readonly key: string
  readonly given: string
  readonly family: string
  readonly gender: 'female' | 'male'
  readonly birthDate: string
  readonly city: string
  /** Who treats this patient; `team`: others of the care team. */
  readonly doctor: string
  readonly team?: readonly string[]
  /** Whether the patient gets an account. */
  readonly account: boolean
  /** SNOMED CT. */
  readonly condition: readonly [code: string, display: string]
  readonly since: string
  readonly medication: string
  readonly allergy?: readonly [code: string, display: string]
  /** Of the visits, oldest first: date, systolic and diastolic pressure, weight in kg, heart rate. */
  readonly visits: readonly (readonly [date: string, systolic: number, diastolic: number, kg: number, rate: number])[]
}

export const cases: readonly Case[] = [
  {
    key: 'ferreira',
    given: 'Tomás',
    family: 'Ferreira',
    gender: 'male',
    birthDate: '1958-03-14',
    city: 'Northport',
    doctor: 'okafor',
    team: ['lindqvist'],
    account: true,
    condition: ['49436004', 'Atrial fibrillation'],
    since: '2021-09-02',
    medication: 'Apixaban 5 mg, one tablet twice daily',
    allergy: ['294505008', 'Allergy to amoxicillin'],
    visits: [
      ['2024-02-12', 152, 94, 88.5, 96],
      ['2024-08-19', 144, 90, 87.0, 84],
      ['2025-03-03', 136, 84, 85.5, 76],
    ],
  },
  {
    key: 'holloway',
    given: 'Grace',
    family: 'Holloway',
    gender: 'female',
    birthDate: '1971-11-27',
    city: 'Millbrook',
    doctor: 'okafor',
    account: true,
    condition: ['38341003', 'Hypertensive disorder'],
    since: '2019-05-20',
    medication: 'Ramipril 5 mg, one tablet in the morning',
    visits: [
      ['2024-05-06', 158, 98, 71.0, 78],
      ['2025-01-20', 138, 86, 69.5, 72],
    ],
  },
  {
    key: 'demir',
    given: 'Yusuf',
    family: 'Demir',
    gender: 'male',
    birthDate: '1984-07-09',
    city: 'Northport',
    doctor: 'lindqvist',
    account: true,
    condition: ['44054006', 'Diabetes mellitus type 2'],
    since: '2022-10-11',
    medication: 'Metformin 500 mg, one tablet twice daily with meals',
    visits: [
      ['2024-03-25', 132, 82, 96.5, 74],
      ['2024-11-04', 128, 80, 92.0, 70],
      ['2025-05-12', 126, 78, 90.5, 68],
    ],
  },
  {
    key: 'kowalska',
    given: 'Hanna',
    family: 'Kowalska',
    gender: 'female',
    birthDate: '1993-01-30',
    city: 'Eastfield',
    doctor: 'lindqvist',
    team: ['raman'],
    account: false,
    condition: ['195967001', 'Asthma'],
    since: '2008-04-15',
    medication: 'Salbutamol 100 micrograms, two puffs when needed',
    allergy: ['232347008', 'Allergy to animal dander'],
    visits: [['2025-02-17', 118, 74, 62.0, 66]],
  },
  {
    key: 'whitfield',
    given: 'Leo',
    family: 'Whitfield',
    gender: 'male',
    birthDate: '1949-06-02',
    city: 'Millbrook',
    doctor: 'okafor',
    team: ['raman'],
    account: false,
    condition: ['84114007', 'Heart failure'],
    since: '2023-01-17',
    medication: 'Bisoprolol 2.5 mg, one tablet in the morning',
    visits: [
      ['2024-06-10', 142, 88, 79.0, 88],
      ['2025-04-07', 128, 78, 76.5, 70],
    ],
  },
]

export function emailOf(
  { given, family }: { given: string; family: string },
  domain: string = hospital.domain,
): string {
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return `${plain(given)}.${plain(family)}@${domain}`
}
