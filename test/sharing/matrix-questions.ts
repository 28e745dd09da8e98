import type { Asker } from './matrix-oracle.ts'
import { types } from './matrix-oracle.ts'
import { patientOf, type Row } from './matrix-rows.ts'

/** One request, and what its answer has to say of the rows that it is about. */
export interface Question {
  /** The way that is tried: `read`, `chain`, `_include` … */
  readonly path: string
  readonly type: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: object
  readonly condition?: Readonly<Record<string, string>>
  readonly about: readonly Row[]
  readonly statuses: readonly number[]
  /** The rows in the answer, of those that the matrix knows. */
  readonly shows?: readonly string[]
  readonly total?: number
}

const page = '_count=1000&_elements=id'

/** What a question is asked of: a row of each type and situation, in turns; each row is asked about in some path. */
export function sample(rows: readonly Row[], turn: number): Row[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = `${row.situation.name} ${row.type}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].map((group, n) => group[(n + turn) % group.length]!)
}

const idOf = ({ name }: Row) => name.slice(name.indexOf('/') + 1)

/** By id: what is there, and in which versions. */
export function byId(asker: Asker, rows: readonly Row[]): Question[] {
  const seen = (row: Row) => asker.sight(row) !== 'hidden'
  const get = (path: string, suffix: string, row: Row): Question => ({
    ...{ path, type: row.type, method: 'GET', url: row.name + suffix, about: [row] },
    statuses: [seen(row) ? 200 : 404],
  })
  const others: ((row: Row) => Question)[] = [
    (row) => get('vread', '/_history/1', row),
    (row) => ({ ...get('history', '/_history', row), ...(seen(row) ? { shows: [row.name] } : {}) }),
    (row) => ({
      ...get('conditional read', '', row),
      ...{ condition: { ifNoneMatch: '*' }, statuses: [seen(row) ? 304 : 404] },
    }),
  ]
  return [
    ...sample(rows, 0).map((row) => get('read', '', row)),
    ...sample(rows, 1).map((row, n) => others[n % others.length]!(row)),
  ]
}

/** By search for one row: whether it is there, how many there are, and what is in its compartment. */
export function bySearch(asker: Asker, rows: readonly Row[]): Question[] {
  const found = (row: Row) => asker.sight(row) === 'finds'
  const one = (path: string, url: string, row: Row): Question => ({
    ...{ path, type: row.type, method: 'GET', url, about: [row], statuses: [200] },
    ...{ shows: found(row) ? [row.name] : [], total: found(row) ? 1 : 0 },
  })
  return [
    ...sample(rows, 2).map((row) => one('_id', `${row.type}?_id=${idOf(row)}&_elements=id`, row)),
    ...ofRecords(rows, found),
  ]
}

/** Of each record what is found of it, by patient and type. */
function ofRecords(rows: readonly Row[], found: (row: Row) => boolean): Question[] {
  const inRecords = rows.filter(({ link }) => link?.parameter === 'patient')
  const groups = new Map<string, Row[]>()
  for (const row of inRecords) {
    const key = `${patientOf(row.situation)} ${row.type}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups].flatMap(([key, about], n): Question[] => {
    const [patient, type] = key.split(' ') as [string, string]
    const shown = about.filter(found)
    const all = { type, method: 'GET', about, statuses: [200] } as const
    const ways: Question[] = [
      { ...all, path: 'patient', url: `${type}?patient=${patient}&${page}`, ...listed(shown) },
      { ...all, path: 'total', url: `${type}?patient=${patient}&_summary=count`, shows: [], total: shown.length },
      { ...all, path: 'compartment', url: `${patient}/${type}?${page}`, ...listed(shown) },
    ]
    // A Task is in no patient's compartment by being about the patient.
    return ways.filter(({ path }, way) => way === n % ways.length && !(path === 'compartment' && type === 'Task'))
  })
}

const listed = (rows: readonly Row[]) => ({ shows: rows.map(({ name }) => name), total: rows.length })

/** By search for all of a type, and through what refers to what. */
export function byType(asker: Asker, rows: readonly Row[]): Question[] {
  const found = (row: Row) => asker.sight(row) === 'finds'
  return types.flatMap((type) => {
    const about = rows.filter((row) => row.type === type)
    const shown = about.filter(found)
    const all = { type, method: 'GET', about, statuses: [200] } as const
    return [
      { ...all, path: 'search', url: `${type}?${page}&_total=accurate`, ...listed(shown) },
      { ...all, path: 'search', method: 'POST' as const, url: `${type}/_search?${page}`, ...listed(shown) },
      { ...all, path: 'search', url: `?_type=${type}&${page}`, ...listed(shown) },
      { ...all, path: '_summary=count', url: `${type}?_summary=count`, shows: [], total: shown.length },
      { ...all, path: '_sort', url: `${type}?_sort=-_lastUpdated&${page}`, ...listed(shown) },
      { ...all, path: '_sort', url: `${type}?_sort=_id&${page}`, ...listed(shown) },
      { ...all, path: '_filter', url: `${type}?_filter=not(_id eq nobody)&${page}`, ...listed(shown) },
      { ...all, path: 'type history', url: `${type}/_history?${page}`, shows: shown.map(({ name }) => name) },
      ...joined(type, about, rows, found),
    ]
  })
}

/** Chains, reverse chains and includes show what both ends of them show. */
function joined(type: string, about: readonly Row[], rows: readonly Row[], found: (row: Row) => boolean): Question[] {
  const parameter = about.find(({ link }) => link)?.link?.parameter
  if (parameter === undefined) return []
  const targetType = parameter === 'patient' ? 'Patient' : 'Observation'
  const names = new Map(rows.map((row) => [row.name, row]))
  const targetOf = ({ link }: Row) => {
    const target = link && names.get(link.target)
    return target?.type === targetType && found(target) ? [target] : []
  }
  const shown = about.filter(found)
  const through = shown.filter((row) => targetOf(row).length > 0)
  const targets = [...new Set(through.flatMap(targetOf))]
  const ofTarget = rows.filter((row) => row.type === targetType && found(row))
  const chained = targetType === 'Patient' ? 'active=true' : 'status=final'
  const all = { type, method: 'GET', about, statuses: [200] } as const
  const named = (...of: readonly Row[]) => [...new Set(of.map(({ name }) => name))]
  return [
    { ...all, path: 'chain', url: `${type}?${parameter}:${targetType}.${chained}&${page}`, ...listed(through) },
    { ...all, path: '_has', url: `${targetType}?_has:${type}:${parameter}:_id:not=nobody&${page}`, ...listed(targets) },
    {
      ...all,
      path: '_include',
      url: `${type}?_include=${type}:${parameter}:${targetType}&${page}`,
      shows: named(...shown, ...targets),
    },
    {
      ...{ ...all, path: '_revinclude', url: `${targetType}?_revinclude=${type}:${parameter}&${page}` },
      shows: named(...ofTarget, ...through),
    },
  ]
}

/** What is in no patient's compartment by what it says of the patient. */
const outside = ['Binary', 'Task', 'Provenance']

/** Whole records. */
export function byRecord(asker: Asker, rows: readonly Row[]): Question[] {
  const found = (row: Row) => asker.sight(row) === 'finds'
  return rows
    .filter(({ type }) => type === 'Patient')
    .flatMap((patient): Question[] => {
      const inside = rows.filter(({ situation }) => situation === patient.situation)
      const known = asker.sight(patient) !== 'hidden'
      const all = { type: 'Patient', method: 'GET', about: inside, statuses: [known ? 200 : 404] } as const
      const record = inside.filter((row) => row === patient || (found(row) && !outside.includes(row.type)))
      const documents = inside.filter((row) => row.type === 'DocumentReference')
      return [
        {
          ...{ ...all, path: '$everything', url: `${patient.name}/$everything?_count=1000` },
          ...(known ? { shows: record.map(({ name }) => name) } : {}),
        },
        {
          ...{ ...all, path: '$docref', type: 'DocumentReference', about: documents, statuses: [200] },
          ...{
            url: `DocumentReference/$docref?patient=${patient.name}&_count=1000`,
            ...listed(documents.filter(found)),
          },
        },
      ]
    })
}
