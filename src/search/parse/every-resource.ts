/** `_id` and `_lastUpdated`, which every resource has. https://hl7.org/fhir/R4/search.html#all */
import { isId } from '../../fhir/resource.ts'
import { type Bound, type Clause, none, not, or } from '../clause.ts'
import type { Keys } from '../keys.ts'
import { unescape } from '../types/escapes.ts'
import type { Bounds } from '../types/date.ts'

/** "Note that matches on _id are always case sensitive." What can be no id is nobody's. */
export function idClause(keys: Keys, type: string, values: readonly string[], modifier: string | undefined): Clause {
  const rids = values.map(unescape).flatMap((id) => (isId(id) ? [keys.ridOf(type, id)] : []))
  const found: Clause = rids.length === 0 ? none : { op: 'rid', any: rids }
  return modifier === 'not' ? not(found) : found
}

/** The time of a change is one ms: [lu, lu + 1). */
export function lastUpdatedClause(alternatives: readonly Bounds[]): Clause {
  return or(...alternatives.map((bounds): Clause => ({ op: 'lastUpdated', bounds: bounds.map(onStart) })))
}

function onStart({ side, is, value }: Bound<number>): Bound<number> {
  if (side === 'lo') return { side, is, value }
  return {
    side: 'lo',
    is: is === '<' || is === '<=' ? '<' : '>=',
    value: is === '<' || is === '>=' ? value - 1 : value,
  }
}
