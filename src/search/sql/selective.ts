import type { Clause } from '../clause.ts'

/**
 * Whether few rows meet the clause whatever its values are, so that the query starts from them: an identifier, an id, a
 * reference, a patient. Such a query has one good plan; others need the planner's statistics of the very values.
 */
export function isSelective(clause: Clause): boolean {
  switch (clause.op) {
    case 'none':
    case 'rid':
    case 'patient':
      return true
    case 'keys':
      return clause.selective === true
    case 'and':
      return clause.of.some(isSelective)
    case 'or':
      return clause.of.every(isSelective)
    case 'chain':
    case 'has':
      return clause.probe !== true && isSelective(clause.where)
    default:
      return false
  }
}
