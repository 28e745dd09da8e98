import type { Clause } from '../clause.ts'
import { clauseSql } from './clause-sql.ts'
import { grantsSql, isForEverybody } from './grants.ts'
import { table } from './names.ts'
import type { Row } from './row.ts'
import { isSelective } from './selective.ts'

/** So many patients or grants are little, and so many rows found by a key. Beyond them a walk soon meets visible rows. */
const fewRelations = 300
const fewRows = 3_000

/**
 * An SQL condition that is true when an access rule lets its caller see little of the type, so that the search should start
 * from what that is. Without it a doctor who sees ten documents would walk through everybody's. Undefined when the rule
 * tells nothing to start from.
 */
export function reachIsSmall(access: Clause, type: string, values: unknown[]): string | undefined {
  const sources = startsOf(access)
  if (!sources || sources.length === 0) return undefined
  const small = sources.map((clause) => {
    const [most, query] = countedSql(clause, type, values)
    return `(select count(*) from (${query} limit ${most + 1}) found) <= ${most}`
  })
  return small.join(' and ')
}

type Source = Extract<Clause, { op: 'keys' | 'rid' | 'patient' | 'chain' | 'samePatient' | 'granted' }>

/** The clauses that an index can start from, such that every row that meets the rule meets one of them. */
function startsOf(clause: Clause): Source[] | undefined {
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
      return shortest(clause.of.map(startsOf))
    case 'or': {
      const starts = clause.of.map(startsOf)
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
