import { and, type Clause, none, not, or } from './clause.ts'

export type AccessOf = (type: string) => Clause

/** The rows of a type that meet the user's condition, of those that the caller may see. */
export function visible(type: string, where: Clause, access: AccessOf): Clause {
  return and(guarded(where, access), probing(access(type)))
}

/**
 * The user's condition, in which every row of another type that it looks at is one that the caller may see. Without this a
 * chain or `_has` would tell about resources that no search shows.
 */
export function guarded(clause: Clause, access: AccessOf): Clause {
  switch (clause.op) {
    case 'and':
      return and(...clause.of.map((part) => guarded(part, access)))
    case 'or':
      return or(...clause.of.map((part) => guarded(part, access)))
    case 'not':
      return not(guarded(clause.of, access))
    case 'chain':
      return joined(clause, and(guarded(clause.where, access), probing(access(clause.target))))
    case 'has':
      return joined(clause, and(guarded(clause.where, access), probing(access(clause.source))))
    default:
      return clause
  }
}

/** An access rule as it stands in a search: what it says of other rows is looked up row by row. */
export function probing(clause: Clause): Clause {
  switch (clause.op) {
    case 'and':
    case 'or':
      return { ...clause, of: clause.of.map(probing) }
    case 'not':
      return { ...clause, of: probing(clause.of) }
    case 'chain':
    case 'has':
      return { ...clause, where: probing(clause.where), probe: true }
    case 'samePatient':
    case 'owned':
      return { ...clause, where: probing(clause.where) }
    default:
      return clause
  }
}

function joined(clause: Extract<Clause, { op: 'chain' | 'has' }>, where: Clause): Clause {
  return where.op === 'none' ? none : { ...clause, where }
}
