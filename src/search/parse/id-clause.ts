/** `_id`, which every resource has. https://hl7.org/fhir/R4/search.html#id */
import { isId } from '../../fhir/resource.ts'
import { type Clause, none, not } from '../clause.ts'
import type { Keys } from '../keys.ts'
import { unescape } from '../types/escapes.ts'

/** "Note that matches on _id are always case sensitive." What can be no id is nobody's. */
export function idClause(keys: Keys, type: string, values: readonly string[], modifier: string | undefined): Clause {
  const rids = values.map(unescape).flatMap((id) => (isId(id) ? [keys.ridOf(type, id)] : []))
  const found: Clause = rids.length === 0 ? none : { op: 'rid', any: rids }
  return modifier === 'not' ? not(found) : found
}
