import { type Clause, or } from '../clause.ts'
import type { Key, Rid } from '../keys.ts'

type OfKeys = Extract<Clause, { op: 'keys' }>

/** The alternatives of one parameter; keys of the same kind become one list, which the index looks up at once. */
export function anyOf(clauses: readonly Clause[]): Clause {
  const [only, ...others] = clauses
  if (only && others.length === 0 && only.op !== 'or') return only
  const rest: Clause[] = []
  const keys = new Map<string, { first: OfKeys; any: Set<Key> }>()
  const patients = new Set<Rid>()
  for (const clause of clauses.flatMap(flat)) {
    if (clause.op === 'keys') {
      const kind = `${clause.filter}|${clause.selective}|${clause.judged}`
      const known = keys.get(kind) ?? { first: clause, any: new Set() }
      for (const key of clause.any) known.any.add(key)
      keys.set(kind, known)
    } else if (clause.op === 'patient') {
      for (const rid of clause.any) patients.add(rid)
    } else {
      rest.push(clause)
    }
  }
  const merged = [...keys.values()].map(({ first, any }): Clause => ({ ...first, any: [...any] }))
  const carried: Clause[] = patients.size > 0 ? [{ op: 'patient', any: [...patients] }] : []
  return or(...carried, ...merged, ...rest)
}

function flat(clause: Clause): readonly Clause[] {
  return clause.op === 'or' ? clause.of.flatMap(flat) : [clause]
}
