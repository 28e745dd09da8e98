import type { Clause } from '../search/clause.ts'

/**
 * Whether `?param=value` of a scope can be granted. It must be told of any version by that version's own columns, and of a
 * write by what is written: otherwise a search would show what a read, a history or a write has to refuse. So chains, dates,
 * texts and parameters whose keys versions do not keep (search/akeys.ts) narrow nothing here.
 */
export function canNarrow(clause: Clause): boolean {
  switch (clause.op) {
    case 'and':
    case 'or':
      return clause.of.every(canNarrow)
    case 'not':
      return canNarrow(clause.of)
    case 'keys':
      return clause.judged === true
    case 'rid':
    case 'patient':
      return true
    default:
      return false
  }
}
