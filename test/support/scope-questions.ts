import type { Letter, Oracle } from './scope-oracle.ts'
import { launchedFor, type Role, type Row, rows, subjectOf, types } from './scope-rows.ts'

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

interface Asking {
  readonly role: Role
  readonly oracle: Oracle
  /** The name under which the row stands in the server. */
  nameOf(row: Row): string
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

/** Where no scope covers it, one row says it for all. */
function ofInstances(asking: Asking, type: string): Question[] {
  const about = rows.filter((row) => row.type === type)
  return instanceQuestions.flatMap(({ letter, ask }) =>
    (asking.oracle.covers(type, letter) ? about : about.slice(0, 1)).map((row) => ask(asking, row)),
  )
}

const instanceQuestions: { letter: Letter; ask(asking: Asking, row: Row): Question }[] = [
  ...['', '/_history/1', '/_history', '/$meta'].map((path) => ({
    letter: 'r' as const,
    ask: (asking: Asking, row: Row): Question => ({
      ...{ method: 'GET', url: asking.nameOf(row) + path },
      statuses: [readStatus(asking, row)],
    }),
  })),
  { letter: 'u', ask: update },
  { letter: 'u', ask: patch },
  { letter: 'u', ask: conditionalPatch },
  { letter: 'd', ask: removal },
  { letter: 'd', ask: conditionalRemoval },
]

function readStatus({ oracle }: Asking, row: Row): number {
  if (!oracle.covers(row.type, 'r')) return 403
  return oracle.may(row, 'r') ? 200 : 404
}

/** 403 for what may be read, 404 for what may not: a write is no oracle. */
function writeStatus({ oracle }: Asking, row: Row, letter: 'u' | 'd', allowed: number): number {
  if (!oracle.covers(row.type, letter)) return 403
  if (oracle.may(row, letter)) return allowed
  return oracle.may(row, 'r') ? 403 : 404
}

/** The same content again makes no version, so that it may be tried by everybody. */
function update(asking: Asking, row: Row): Question {
  const url = asking.nameOf(row)
  const id = url.split('/')[1]
  const body = row.resource ?? { resourceType: 'Binary', id, contentType: 'text/plain', data: 'aGVsbG8=' }
  const status = writeStatus(asking, row, 'u', row.document === undefined ? 200 : 409)
  const taken = status === 404 && asking.oracle.choosesIds(row.type)
  return { method: 'PUT', url, body, statuses: taken ? [403, 409] : [status] }
}

const unchanged = Buffer.from('[{"op":"test","path":"/resourceType","value":"X"}]').toString('base64')

/** A patch that finds something else than it expects: 422 says that it was let through to look. */
function patch(asking: Asking, row: Row): Question {
  const body = { resourceType: 'Binary', contentType: 'application/json-patch+json', data: unchanged }
  const statuses = row.type === 'Binary' ? [405] : [writeStatus(asking, row, 'u', 422)]
  return { method: 'PATCH', url: asking.nameOf(row), body, statuses }
}

function conditionalPatch(asking: Asking, row: Row): Question {
  const [type, id] = asking.nameOf(row).split('/')
  const question = patch(asking, row)
  if (row.type === 'Binary') return { ...question, url: `${type}?_id=${id}` }
  const { oracle } = asking
  const found = oracle.covers(row.type, 's') && oracle.may(row, 's')
  const status = oracle.covers(row.type, 's') && oracle.covers(row.type, 'u') && !found ? 404 : question.statuses[0]!
  return { ...question, url: `${type}?_id=${id}`, statuses: [oracle.covers(row.type, 's') ? status : 403] }
}

/** With a version that never was: 412 says that it would have been deleted. */
function removal(asking: Asking, row: Row): Question {
  const condition = { ifMatch: 'W/"999"' }
  return { method: 'DELETE', url: asking.nameOf(row), condition, statuses: [writeStatus(asking, row, 'd', 412)] }
}

const neverDeleted = ['Consent', 'Communication', 'Task', 'Provenance']

function conditionalRemoval(asking: Asking, row: Row): Question {
  const { oracle } = asking
  const [type, id] = asking.nameOf(row).split('/')
  const question = { ...removal(asking, row), url: `${type}?_id=${id}` }
  if (neverDeleted.includes(row.type)) return { ...question, statuses: [405] }
  if (!oracle.covers(row.type, 'd') || !oracle.covers(row.type, 's')) return { ...question, statuses: [403] }
  return oracle.may(row, 's') ? question : { ...question, statuses: [204] }
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

function ofSystem({ oracle, nameOf }: Asking): Question[] {
  const shows = types.flatMap((type) => oracle.found(type)).map(nameOf)
  const covered = types.filter((type) => oracle.covers(type, 's'))
  const inType = (type: string) => oracle.found(type).map(nameOf)
  return [
    { method: 'GET', url: `_history?${all}`, statuses: shows.length > 0 ? [200] : [200, 403], shows },
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

/** Whole records: what is found of each type, and what that refers to. */
function records(asking: Asking): Question[] {
  const { oracle, role, nameOf } = asking
  return ['Patient/treated', 'Patient/self', 'Patient/stranger'].flatMap((name): Question[] => {
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
    ]
  })
}

const inCompartment = ['Patient', 'Observation', 'DocumentReference', 'CareTeam', 'Communication', 'Consent']
