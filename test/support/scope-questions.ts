import { type Asking, ofInstances, readStatus } from './scope-instances.ts'
import { launchedFor, type Row, rows, subjectOf, types } from './scope-rows.ts'

/** One entry of a batch, and what the oracle expects of its answer. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: object
  readonly condition?: Readonly<Record<string, string>>
  readonly statuses: readonly number[]
  /** The names of what a Bundle holds; `least`: of what it holds at least. */
  readonly shows?: readonly string[]
  readonly least?: readonly string[]
  /** Bundle.total. */
  readonly total?: number
}

const all = '_count=1000&_elements=id'

/** Everything that is asked without changing anything. */
export function questionsFor(asking: Asking): Question[] {
  return [
    ...types.flatMap((type) => [...ofInstances(asking, type), ...ofType(asking, type)]),
    ...joined(asking),
    ...ofSystem(asking),
    ...records(asking),
  ]
}

function ofType(asking: Asking, type: string): Question[] {
  const { oracle, nameOf } = asking
  const found = oracle.found(type)
  const searched = (url: string, rest: readonly Row[] = found): Question =>
    oracle.covers(type, 's')
      ? { method: 'GET', url, statuses: [200], shows: rest.map(nameOf) }
      : { method: 'GET', url, statuses: [403] }
  const current = searched(`${type}?${all}&_total=accurate`)
  return [
    oracle.covers(type, 's') ? { ...current, total: found.length } : current,
    { ...searched(`${type}/_search?${all}`), method: 'POST' },
    counted(asking, type),
    validation(asking, type),
    searched(`${type}/_history?${all}`),
    oracle.covers(type, 's')
      ? { method: 'GET', url: `${type}/$meta`, statuses: [200, 403] }
      : searched(`${type}/$meta`),
    ...(['Observation', 'DocumentReference', 'Communication', 'CareTeam', 'Consent'].includes(type)
      ? [
          searched(
            `Patient/treated/${type}?${all}`,
            found.filter(({ of }) => of.includes('Patient/treated')),
          ),
        ]
      : []),
  ]
}

function counted({ oracle }: Asking, type: string): Question {
  const url = `${type}?_summary=count`
  if (!oracle.covers(type, 's')) return { method: 'GET', url, statuses: [403] }
  return { method: 'GET', url, statuses: [200], shows: [], total: oracle.found(type).length }
}

/** What is sent is judged by the definitions alone. */
function validation({ oracle }: Asking, type: string): Question {
  const body = { resourceType: type }
  return { method: 'POST', url: `${type}/$validate`, body, statuses: [oracle.covers(type, 'r') ? 200 : 403] }
}

/** Chains, reverse chains and includes: both ends have to be found by themselves. */
function joined({ oracle, nameOf }: Asking): Question[] {
  const found = new Map(types.map((type) => [type, oracle.found(type)]))
  const of = (type: string) => found.get(type)!
  const among = (type: string, name: string | undefined) => of(type).some((row) => row.name === name)
  const gender = (row: Row) => rows.find(({ name }) => name === subjectOf(row))?.resource?.['gender']
  const ask = (type: string, query: string, shown: readonly Row[]): Question =>
    oracle.covers(type, 's')
      ? { method: 'GET', url: `${type}?${query}&${all}`, statuses: [200], shows: [...new Set(shown.map(nameOf))] }
      : { method: 'GET', url: `${type}?${query}`, statuses: [403] }
  const withSubject = ['Observation', 'DocumentReference', 'CareTeam'].flatMap((type) => {
    const subjects = of('Patient').filter(({ name }) => of(type).some((row) => subjectOf(row) === name))
    const known = of(type).filter((row) => among('Patient', subjectOf(row)))
    return [
      ask(
        type,
        'subject:Patient.gender=female',
        known.filter((row) => gender(row) === 'female'),
      ),
      ask(type, `_include=${type}:subject`, [...of(type), ...subjects]),
      ask('Patient', `_revinclude=${type}:subject`, [...of('Patient'), ...known]),
      ask('Patient', `_has:${type}:subject:status:missing=false`, subjects),
    ]
  })
  const targetOf = (row: Row) => (row.resource!['target'] as { reference: string }[])[0]!.reference
  const traced = of('Provenance').filter((row) => among('DocumentReference', targetOf(row)))
  const targets = of('DocumentReference').filter(({ name }) => traced.some((row) => targetOf(row) === name))
  return [
    ...withSubject,
    ask('Provenance', 'target:DocumentReference.status=current', traced),
    ask('DocumentReference', '_revinclude=Provenance:target', [...of('DocumentReference'), ...traced]),
    ask('DocumentReference', '_has:Provenance:target:_id:not=x', targets),
  ]
}

function ofSystem({ oracle, role, nameOf }: Asking): Question[] {
  const shows = types.flatMap((type) => oracle.found(type)).map(nameOf)
  const covered = types.filter((type) => oracle.covers(type, 's'))
  const inType = (type: string) => oracle.found(type).map(nameOf)
  // Where scopes cover a type that the role sees nothing of, it depends on whether the role ever could.
  const statuses = covered.length === 0 ? [403] : shows.length > 0 ? [200] : [200, 403]
  return [
    { method: 'GET', url: `_history?${all}`, statuses, shows },
    { method: 'GET', url: '$meta', statuses },
    ...deadLetters(oracle, role),
    {
      ...{ method: 'POST', url: `_search?_type=${types.join(',')}&${all}` },
      statuses: [covered.length < types.length ? 403 : 200],
      shows,
    },
    {
      method: 'GET',
      url: `?_type=${types.join(',')}&${all}`,
      statuses: [covered.length < types.length ? 403 : 200],
      shows,
    },
    ...(covered.length > 1
      ? [
          {
            ...({ method: 'GET', url: `?_type=${covered.slice(0, 2).join(',')}&${all}`, statuses: [200] } as const),
            shows: covered.slice(0, 2).flatMap(inType),
          },
        ]
      : []),
  ]
}

/** Mail that could not be sent, of which there is none: for administrators, by a token that is for everything. */
function deadLetters(oracle: Asking['oracle'], role: Asking['role']): Question[] {
  const status = (letter: 'r' | 'u') => (role === 'office' && oracle.everywhere('*', letter) ? 200 : 403)
  return [
    { method: 'GET', url: '$dead-letters', statuses: [status('r')] },
    { method: 'POST', url: '$send-again', body: { resourceType: 'Parameters' }, statuses: [status('u')] },
  ]
}

/** Whole records: what is found of each type, and what that refers to. */
function records(asking: Asking): Question[] {
  const { oracle, role, nameOf } = asking
  return [
    everyRecord(asking),
    ...['Patient/treated', 'Patient/self', 'Patient/stranger'].flatMap((name): Question[] => {
      const patient = rows.find((row) => row.name === name)!
      const found = types.flatMap((type) => oracle.found(type))
      const inside = found.filter(({ of, type }) => of.includes(name) && inCompartment.includes(type))
      const status = readStatus(asking, patient)
      const documents = oracle.found('DocumentReference').filter((row) => subjectOf(row) === name)
      const foreign = name !== launchedFor[role]
      const everything = { method: 'GET', url: `${name}/$everything?_count=1000`, statuses: [status] } as const
      const docref = { method: 'GET', url: `DocumentReference/$docref?patient=${name}&_count=1000` } as const
      const covered = oracle.covers('DocumentReference', 's')
      return [
        status === 200
          ? { ...everything, shows: [...found, patient].map(nameOf), least: inside.map(nameOf) }
          : everything,
        covered
          ? { ...docref, statuses: foreign ? [200, 403] : [200], shows: documents.map(nameOf) }
          : { ...docref, statuses: [403] },
        ...ofCompartment(asking, name),
      ]
    }),
  ]
}

/** The records of all patients that are found. */
function everyRecord({ oracle, nameOf }: Asking): Question {
  const url = 'Patient/$everything?_count=1000'
  if (!oracle.covers('Patient', 'r') || !oracle.covers('Patient', 's')) return { method: 'GET', url, statuses: [403] }
  const found = types.flatMap((type) => oracle.found(type))
  const patients = oracle.found('Patient').map(({ name }) => name)
  const inside = found.filter(
    ({ of, type }) => inCompartment.includes(type) && of.some((one) => patients.includes(one)),
  )
  return { method: 'GET', url, statuses: [200], shows: found.map(nameOf), least: inside.map(nameOf) }
}

function ofCompartment({ oracle, nameOf }: Asking, name: string): Question[] {
  const inside = (type: string) =>
    oracle.found(type).filter(({ of, linkingTo = [] }) => of.includes(name) || linkingTo.includes(name))
  const [all, one] = [types.flatMap(inside), inside('Observation')]
  const covered = oracle.covers('Observation', 's')
  const certain = all.filter(({ type }) => inCompartment.includes(type))
  return [
    {
      ...{
        method: 'GET',
        // What was there first: the audit trail grows with every question.
        url: `${name}/*?_count=1000&_sort=_lastUpdated&_elements=id`,
        statuses: certain.length > 0 ? [200] : [200, 403],
      },
      ...{ shows: all.map(nameOf), least: certain.map(nameOf) },
    },
    {
      ...{ method: 'POST', url: `${name}/Observation/_search?_count=1000`, statuses: [covered ? 200 : 403] },
      ...(covered ? { shows: one.map(nameOf) } : {}),
    },
  ]
}

const inCompartment = ['Patient', 'Observation', 'DocumentReference', 'CareTeam', 'Communication', 'Consent']
