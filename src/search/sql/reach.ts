import type { Clause } from '../clause.ts'
import { rows } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { grantedRowsSql, grantsSql, isForEverybody } from './grants.ts'
import { table } from './names.ts'
import type { Row } from './row.ts'
import { isSelective } from './selective.ts'

/** So many patients or grants are little, and so many rows found by a key. Beyond them a walk soon meets visible rows. */
const fewRelations = 300
const fewRows = 3_000

/**
 * An SQL condition that is true when an access rule lets its caller see little of the type, so that the search should start
 * from what that is. Without it a doctor who sees ten documents would walk through everybody's.
 */
export function reachIsSmall(sources: readonly Source[], type: string, values: unknown[]): string {
  const small = sources.map((clause) => {
    const [most, query] = countedSql(clause, type, values)
    return `(select count(*) from (${query} limit ${most + 1}) found) <= ${most}`
  })
  return small.join(' and ')
}

/**
 * All rows of a type that an access rule may let see, as common table expressions: `found(rid, pat)` up to a number of them, and
 * `whose(pat)`, the patients that they are about. What finds them is no permission: the rule still has to be met.
 */
export function reachedSql(
  sources: readonly Source[],
  type: string,
  most: number,
  values: unknown[],
): readonly string[] {
  const limit = `limit ${rows(most)}`
  const where = (clause: Clause) => clauseSql(clause, { alias: 't', type, of: 'current' }, values)
  const patients: string[] = []
  const queries: string[] = []
  for (const source of sources) {
    if (source.op === 'granted') {
      const granted = grantedRowsSql(source, type, values)
      patients.push(granted.patients)
      queries.push(granted.rows)
    } else if (source.op === 'chain') patients.push(relatedSql('rid', source.target, source.where, values))
    else if (source.op === 'samePatient') patients.push(relatedSql('pat', source.type, source.where, values))
    else queries.push(`select t.rid, t.pat from ${table(type)} t where ${where(source)}`)
  }
  if (patients.length > 0) {
    const any = `any(array(${patients.join(' union all ')}))`
    queries.push(`select t.rid, t.pat from ${table(type)} t where t.pat = ${any}`)
  }
  const found = queries.map((query) => `(${query} ${limit})`).join('\n      union all ')
  return [
    `found as materialized (select rid, pat from (${found}) t ${limit})`,
    `whose as materialized (select distinct pat from found where pat is not null)`,
  ]
}

function relatedSql(column: 'rid' | 'pat', type: string, where: Clause, values: unknown[]): string {
  const row: Row = { alias: 'r', type, of: 'current' }
  return `select r.${column} from ${table(type)} r where r.${column} is not null and ${clauseSql(where, row, values)}`
}

export type Source = Extract<Clause, { op: 'keys' | 'rid' | 'patient' | 'chain' | 'samePatient' | 'granted' }>

/** The clauses that an index can start from, such that every row that meets the rule meets one of them; undefined without any. */
export function startsOf(access: Clause): readonly Source[] | undefined {
  const sources = startsIn(access)
  return sources && sources.length > 0 ? sources : undefined
}

function startsIn(clause: Clause): Source[] | undefined {
  switch (clause.op) {
    case 'none':
      return []
    case 'rid':
    case 'patient':
    case 'samePatient':
      return [clause]
    case 'keys':
      return isSelective(clause) ? [clause] : undefined
    case 'chain':
      return clause.by === 'patient' ? [clause] : undefined
    case 'granted':
      return clause.covers === 'row' && clause.effect === 'permit' && !isForEverybody(clause) ? [clause] : undefined
    case 'and':
      return shortest(clause.of.map(startsIn))
    case 'or': {
      const starts = clause.of.map(startsIn)
      return starts.includes(undefined) ? undefined : starts.flatMap((sources) => sources!)
    }
    default:
      return undefined
  }
}

function shortest(alternatives: readonly (Source[] | undefined)[]): Source[] | undefined {
  return alternatives.filter((sources) => sources !== undefined).sort((a, b) => a.length - b.length)[0]
}

/** A query with one row for each thing to start from, and how many of them are few. */
function countedSql(clause: Source, type: string, values: unknown[]): readonly [most: number, query: string] {
  if (clause.op === 'granted') return [fewRelations, grantsSql(clause, type, values)]
  const from = (of: string, where: Clause) => {
    const row: Row = { alias: 'r', type: of, of: 'current' }
    return `select from ${table(of)} r where ${clauseSql(where, row, values)}`
  }
  if (clause.op === 'chain') return [fewRelations, from(clause.target, clause.where)]
  if (clause.op === 'samePatient') return [fewRelations, from(clause.type, clause.where)]
  return [fewRows, from(type, clause)]
}
