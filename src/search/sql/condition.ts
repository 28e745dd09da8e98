import { and, type Clause, conjuncts } from '../clause.ts'
import { type AccessOf, guarded, probing } from '../guard.ts'
import type { Rid } from '../keys.ts'
import type { SearchedType, SortKey } from '../request.ts'
import { boxOf, isSmallBox } from './box.ts'
import { clauseSql } from './clause-sql.ts'
import { versions } from './names.ts'
import type { Condition } from './page.ts'
import { reachIsSmall, startsOf } from './reach.ts'
import type { Collected, Row } from './row.ts'
import { isSelective } from './selective.ts'
import { lastUpdatedBounds } from './walks.ts'

interface Conditions {
  readonly sort?: readonly SortKey[]
  /** It was found out before that the caller sees much (narrow.ts). */
  readonly seesMuch?: boolean
}

/** What the rows of one type meet, the caller's access included. */
export function condition(
  { type, where }: Pick<SearchedType, 'type' | 'where'>,
  access: AccessOf,
  values: unknown[],
  { sort = [], seesMuch = false }: Conditions = {},
): Condition {
  const asked = guarded(where, access)
  const allowed = probing(access(type))
  const clause = and(asked, allowed)
  const row: Row = { alias: 's', type, of: 'current' }
  if (isSelective(clause)) {
    const few: Row = { ...row, few: true, patient: namedPatient(clause) }
    const where = clauseSql(clause, few, values)
    // What access asks is not known to be in order yet.
    const box = boxOf(asked, sort)
    if (!box) return { clause, where, selective: true, sharesPlan: true }
    const reach = { isSmall: isSmallBox(type, clause, values), where }
    return {
      clause,
      where: clauseSql(and(box.rest, allowed), few, values),
      selective: false,
      sharesPlan: false,
      reach,
      box: box.held,
    }
  }
  const recent = sort[0]?.by === 'lastUpdated' ? '' : recently(type, clause, values)
  const met = `${clauseSql(asked, row, values)}${recent}`
  if (allowed.op === 'all') return { clause, where: met, selective: false, sharesPlan: asked.op === 'all' }
  const within = (relations?: Collected) => `${met} and ${clauseSql(allowed, { ...row, relations }, values)}`
  const common = { clause, selective: false, sharesPlan: asked.op === 'all' }
  const sources = startsOf(allowed)
  if (!sources) return { ...common, where: within() }
  if (seesMuch) return { ...common, where: within('set') }
  const isSmall = reachIsSmall(sources, type, values)
  return { ...common, where: within('set'), reach: { isSmall, where: within('array') } }
}

/** The one patient that every row is about which meets the clause. */
function namedPatient(clause: Clause): Rid | undefined {
  const named = conjuncts(clause).find((part) => part.op === 'patient' && part.any.length === 1)
  return named?.op === 'patient' ? named.any[0] : undefined
}

/** The time of the last change is indexed on the versions alone: where nothing else is selective, it may be found there. */
function recently(type: string, clause: Clause, values: unknown[]): string {
  const bounds = lastUpdatedBounds(clause, 'w', values)
  return bounds === ''
    ? ''
    : ` and exists (select from ${versions(type)} w where w.rid = s.rid and w.ver = s.ver${bounds})`
}
