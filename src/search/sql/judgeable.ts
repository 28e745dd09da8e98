import type { Clause } from '../clause.ts'

/**
 * Whether a version's own columns can tell this clause. A key that is never in `akeys` simply is not found, which refuses;
 * below `not` the same would allow, so there a key has to be known as one that `akeys` holds.
 */
export function isJudgeable(clause: Clause, negated: boolean): boolean {
  switch (clause.op) {
    case 'string':
    case 'number':
    case 'date':
    case 'text':
    case 'words':
    case 'element':
    case 'near':
      return false
    case 'keys':
      return !negated || clause.judged === true
    case 'chain':
      return clause.via === undefined && (clause.by === 'patient' || !negated || clause.judged === true)
    case 'has':
      return clause.via === undefined
    default:
      return true
  }
}
