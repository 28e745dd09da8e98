import { clinicalTypes, patientOf, type Row } from './matrix-rows.ts'
import type { Sight, Situation } from './matrix-situations.ts'

/** Somebody who asks, and what the design says of every row: a table of its own, no code of the server. */
export interface Asker {
  readonly role: string
  sight(row: Row): Sight
  /** What may be changed and removed, of what is seen; and of what kind something may be added. */
  updates(row: Row): boolean
  deletes(row: Row): boolean
  creates(type: string): boolean
  /** Who may say under which id something is stored is told that an id is taken. */
  readonly choosesIds: boolean
  /** Who may be told who looked at the record of this patient. */
  readsLog?(row: Row): boolean
}

type Class = 'patient' | 'clinical' | 'relation' | 'document' | 'binary' | 'mail' | 'consent' | 'task' | 'origin'

export function classOf(type: string): Class {
  const known: Readonly<Record<string, Class>> = {
    ...{ Patient: 'patient', CareTeam: 'relation', RelatedPerson: 'relation', DocumentReference: 'document' },
    ...{ Binary: 'binary', Communication: 'mail', Consent: 'consent', Task: 'task', Provenance: 'origin' },
  }
  return known[type] ?? 'clinical'
}

const finds = (is: boolean): Sight => (is ? 'finds' : 'hidden')

/** Those whose work is no single patient: `all` of a class, what is not labelled R (`ordinary`), or nothing. */
type Extent = 'all' | 'ordinary'
interface Post {
  readonly sees: Readonly<Partial<Record<Class, Extent>>>
  readonly updates: readonly Class[]
  readonly deletes: readonly Class[]
  readonly creates: readonly Class[]
}

const records = { patient: 'all', clinical: 'all', relation: 'all', document: 'all', binary: 'ordinary' } as const
const written = ['patient', 'clinical', 'document'] as const

const posts: Readonly<Record<'administrator' | 'records office' | 'privacy officer' | 'backend service', Post>> = {
  administrator: {
    sees: { ...records, consent: 'all', task: 'all', origin: 'all' },
    updates: [...written, 'relation', 'consent', 'task'],
    deletes: [...written, 'relation'],
    creates: [...written, 'relation', 'mail', 'consent', 'task', 'origin'],
  },
  'records office': {
    sees: { ...records, consent: 'all', task: 'all', origin: 'all' },
    updates: [...written, 'consent', 'task'],
    deletes: [],
    creates: [...written, 'mail', 'consent', 'task'],
  },
  'privacy officer': { sees: { consent: 'all', origin: 'all' }, updates: [], deletes: [], creates: ['mail'] },
  'backend service': {
    sees: { ...records, consent: 'all' },
    updates: [...written, 'relation'],
    deletes: [...written, 'relation'],
    creates: [...written, 'relation', 'origin'],
  },
}

export function staff(role: keyof typeof posts): Asker {
  const post = posts[role]
  return {
    role,
    sight({ type, what }) {
      const extent = post.sees[classOf(type)]
      return finds(extent === 'all' || (extent === 'ordinary' && what !== 'secret'))
    },
    updates: ({ type }) => post.updates.includes(classOf(type)),
    deletes: ({ type }) => post.deletes.includes(classOf(type)),
    creates: (type) => post.creates.includes(classOf(type)),
    choosesIds: role === 'administrator' || role === 'backend service',
    readsLog: () => role === 'administrator' || role === 'privacy officer',
  }
}

/** What a doctor may add to records that he may read; relations and origins are not his to state. */
const doctorsAdd: readonly Class[] = ['patient', 'clinical', 'document', 'mail', 'consent', 'task']

function practitioner(name: string, sight: (row: Row) => Sight, isAuthor: (row: Row) => boolean): Asker {
  return {
    role: name,
    sight,
    updates(row) {
      const kind = classOf(row.type)
      if (kind === 'clinical' || kind === 'document') return isAuthor(row)
      // Who sent a message and who asked for access.
      return (kind === 'mail' || kind === 'task') && row.parties[0] === `Practitioner/${name}`
    },
    deletes: () => false,
    creates: (type) => doctorsAdd.includes(classOf(type)),
    choosesIds: false,
  }
}

const isBy = (who: string | undefined, { what }: Row) => who === 'doctor' && (what === 'one' || what === 'secret')

/** The doctor of whom the situations tell. */
export const doctor: Asker = practitioner('doctor', doctorsSight, (row) => isBy(row.situation.writtenBy, row))

function doctorsSight(row: Row): Sight {
  const { type, what, situation, parties } = row
  const { sees } = situation
  const kind = classOf(type)
  const open = (variants: readonly string[] = []) => finds(variants.includes(what))
  const named = `${type}/${what}`
  if (sees.also?.includes(named)) return 'finds'
  if (sees.never?.includes(named)) return 'hidden'
  if (kind === 'patient') return sees.patient ?? 'hidden'
  if (kind === 'clinical') return open(sees.clinical)
  if (kind === 'document' || kind === 'binary') return open(sees.documents)
  if (kind === 'relation') return finds(sees.relations === true)
  // Where a row comes from is told to whoever sees the row; of what was agreed, to patients and the office.
  if (kind === 'origin' && what === 'made') return 'hidden'
  if (kind === 'origin') return doctorsSight({ ...row, type: 'Observation', what: 'one' })
  return finds(parties.includes('Practitioner/doctor'))
}

/** The colleague who wrote most rows, treats nobody and was granted nothing: he sees what he wrote, unless everybody is refused. */
export const colleague: Asker = practitioner(
  'colleague',
  colleaguesSight,
  (row) => row.situation.writtenBy === undefined && isBy('doctor', row),
)

function colleaguesSight(row: Row): Sight {
  const { type, what, situation, parties } = row
  const kind = classOf(type)
  const mine = situation.writtenBy === undefined && situation.name !== 'denied-everybody'
  if (kind === 'clinical' || kind === 'document' || kind === 'binary') return finds(mine && isBy('doctor', row))
  if (kind === 'origin') return finds(mine && what === 'origin')
  return finds((kind === 'mail' || kind === 'task' || kind === 'consent') && parties.includes('Practitioner/colleague'))
}

/** The patient: the own record, labels or not, whatever was agreed with others; and what is his to decide. */
export function patient(situation: Pick<Situation, 'name'>): Asker {
  const self = patientOf(situation)
  const adds: readonly Class[] = ['document', 'mail', 'consent']
  return {
    role: `patient ${situation.name}`,
    sight({ type, parties, situation: of }) {
      const kind = classOf(type)
      if (kind === 'mail' || kind === 'task') return finds(parties.includes(self))
      return finds(of.name === situation.name)
    },
    updates: ({ type }) => type === 'Consent' || type === 'Task',
    deletes: () => false,
    creates: (type) => adds.includes(classOf(type)),
    choosesIds: false,
    readsLog: ({ situation: of }) => of.name === situation.name,
  }
}

/** Who acts for a patient sees what is not labelled, as long as he does, and if the patient has not refused him. */
export function proxy(situation: Situation): Asker {
  const shutOut = ['kin-denied', 'kin-ended', 'kin-not-begun'].includes(situation.name)
  const acts = situation.kinOver !== true && !shutOut
  const shown: readonly Class[] = ['patient', 'clinical', 'document', 'binary', 'relation']
  return {
    role: `proxy of ${situation.name}`,
    sight: ({ type, what, situation: of }) =>
      finds(acts && of.name === situation.name && what !== 'secret' && shown.includes(classOf(type))),
    updates: () => false,
    deletes: () => false,
    creates: () => false,
    choosesIds: false,
    readsLog: ({ situation: of }) => acts && of.name === situation.name,
  }
}

/** Who waits for approval, and who was suspended: there is nothing that he may ask. */
export function nobody(role: string): Asker {
  const no = () => false
  return { role, sight: () => 'hidden', updates: no, deletes: no, creates: no, choosesIds: false }
}

/** Every type of a record. */
export const types = [
  ...['Patient', ...clinicalTypes, 'DocumentReference', 'Binary', 'CareTeam', 'RelatedPerson'],
  ...['Provenance', 'Communication', 'Task', 'Consent'],
]
