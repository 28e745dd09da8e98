import { and, type Clause, conjuncts } from '../clause.ts'
import { type Held, type InOrder, pairOf } from '../in-order.ts'
import type { SortKey } from '../request.ts'
import { rows } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { table } from './names.ts'
import { isSelective } from './selective.ts'

type Boxed = Extract<Clause, { op: 'keys' }> & { inOrder: InOrder }

/** What refers to one resource, or to two, where an index has it in the very order that is asked for; and what else is asked of it. */
export function boxOf(clause: Clause, [by, ...others]: readonly SortKey[]): { held: Held; rest: Clause } | undefined {
  if (by?.by !== 'date' || others.length > 0) return undefined
  const isBoxed = (part: Clause): part is Boxed =>
    part.op === 'keys' && part.any.length === 1 && part.inOrder?.column === by.column
  const parts = conjuncts(clause)
  const boxes = parts.filter(isBoxed)
  const heldBy = ({ any, inOrder }: Boxed): Held => [any[0]!, inOrder]
  const pairs = boxes.flatMap((one) =>
    boxes.flatMap((other) => (pairOf(heldBy(one), heldBy(other)) ?? []).map((held) => ({ held, of: [one, other] }))),
  )
  const [best] = [...pairs, ...boxes.map((one) => ({ held: heldBy(one), of: [one] }))]
  return best && { held: best.held, rest: and(...parts.filter((part) => !best.of.some((one) => one === part))) }
}

/** So many rows are read as quickly as a page of an index, and sorted. */
const fewInBox = 200

/** By all that is selective: little of a large box may be asked for. */
export function isSmallBox(type: string, clause: Clause, values: unknown[]): string {
  const start = and(...conjuncts(clause).filter(isSelective))
  const where = clauseSql(start, { alias: 'r', type, of: 'current' }, values)
  return `(select count(*) from (select from ${table(type)} r where ${where} limit ${rows(fewInBox + 1)}) found) <= ${rows(fewInBox)}`
}
