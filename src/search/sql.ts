import { all, and, type Clause, not } from './clause.ts'
import { mostSorted, mostSortedBytes } from './content-order.ts'
import { type AccessOf, guarded, probing } from './guard.ts'
import type { Rid } from './keys.ts'
import { type Led, searchedTypes, type SearchRequest, type SeveralRequest, type Statement } from './request.ts'
import { bind, rows } from './sql/bind.ts'
import { clauseSql } from './sql/clause-sql.ts'
import { condition } from './sql/condition.ts'
import { includedSql, includesSql, mostIncluded } from './sql/includes.ts'
import { labelsSql } from './sql/labels.ts'
import { fewTypes, manyTypes, matchesSql } from './sql/many-types.ts'
import { literal, table, versions } from './sql/names.ts'
import { isTooMany, startsOf } from './sql/narrow.ts'
import { orderedBy } from './sql/ordering.ts'
import { type Condition, pageSql } from './sql/page.ts'
import type { Row } from './sql/row.ts'
import { isSelective } from './sql/selective.ts'
import { partsLeft, presentSql, severalSql } from './sql/several.ts'
import { statement } from './sql/statement.ts'

export { clauseSql, isSelective, mostIncluded, partsLeft, type Row }

/** A row of a search statement. Numbers of 64 bits come as the driver gives them. */
export interface FoundRow {
  /** A match, an included resource, or the row without a resource that says: too many. Matches come first, in order. */
  readonly kind: 'm' | 'i' | 'x'
  readonly type: string
  readonly id: string
  readonly rid: string | bigint
  readonly ver: number
  readonly lu: string | number | bigint
  readonly json: string
  readonly pat: string | bigint | null
  /** The sort values of a match, as `Position.values` holds them. */
  readonly sort: readonly (string | null)[] | null
  /** All matches, where they could be counted on the way: the same in every match. */
  readonly total: string | number | bigint | null
}

/**
 * One statement for one page: `count + 1` matches at most, and what the matches of the page include. The clauses of `access`
 * are part of it, for every type that it looks at.
 */
export function searchStatement(request: SearchRequest, access: AccessOf): Statement {
  const values: unknown[] = []
  const asked = ofSeen(request, access)
  if (!asked.others) {
    const met = condition(asked, access, values, { sort: asked.sort, seesMuch: true })
    return pageStatement(asked, access, met, values)
  }
  const { ctes, parts, sharesPlan } = manyTypes(asked, access, values)
  return whole(ctes, [...parts, ...includesSql(asked, access, values)], values, sharesPlan)
}

/**
 * All matches of a search whose order no index has, with what the index does have of it. They are counted and measured first:
 * of more than are sorted, over all types, nothing is read but one row of the kind 'x'.
 */
export function unorderedStatement(request: SearchRequest, access: AccessOf): Statement {
  const values: unknown[] = []
  const searched = searchedTypes(ofSeen(request, access))
  const parts = searched.flatMap(({ type, where, sort }) => {
    const met = condition({ type, where }, access, values)
    const expressions = sort.map((key) => `${orderedBy(key).expression(values)}::text`)
    const from = `select ${literal(type)} as type, s.rid, s.ver, s.pat, array[${expressions.join(', ')}]::text[] as sort
        from ${table(type)} s join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver where`
    const all = met.reach
      ? [`(${met.reach.isSmall}) and ${met.reach.where}`, `not (${met.reach.isSmall}) and ${met.where}`]
      : [met.where]
    return all.map((one) => `(${from} ${one} limit ${rows(mostSorted + 1)})`)
  })
  const most = rows(mostSorted + 1)
  const ofType = (type: string) =>
    `from f join ${versions(type)} v on v.rid = f.rid and v.ver = f.ver where f.type = ${literal(type)}`
  const sizes = searched.map(
    ({ type }) => `select octet_length(v.json) as bytes ${ofType(type)} and (select few from c)`,
  )
  const found = searched.map(
    ({ type }) => `select 'm' as kind, f.type, v.id, f.rid, f.ver, v.lu, v.json, f.pat, f.sort, null::int8 as total
        ${ofType(type)} and (select few from c) and (select small from z)`,
  )
  const refusal = `select 'x', '', '', null, null, null, '', null, null, null
        where not ((select few from c) and (select small from z))`
  const text = `with f as materialized (select * from (${parts.join('\nunion all\n')}) a limit ${most}),
    c as materialized (select count(*) < ${most} as few from f),
    z as materialized (select coalesce(sum(bytes), 0) <= ${rows(mostSortedBytes)} as small from (${sizes.join('\nunion all\n')}) b)
${[...found, refusal].join('\nunion all\n')}`
  return statement(text, values, false)
}

/** Without the types that the caller may not see at all; at least one is left. */
function ofSeen(request: SearchRequest, access: AccessOf): SearchRequest {
  const [first, ...others] = searchedTypes(request).filter(({ type }) => access(type).op !== 'none')
  const { others: _, ...rest } = request
  return { ...rest, ...first, ...(others.length > 0 ? { others } : {}) }
}

function whole(ctes: readonly string[], parts: readonly string[], values: unknown[], named: boolean): Statement {
  return statement(`with ${ctes.join(',\n')}\n${parts.join('\nunion all\n')}\norder by n`, values, named)
}

type IsMuch = (start: string) => boolean
type Narrowed = Statement & { readonly start: string }

/**
 * The same page for a search that may start from little, as one plan for all values; answers a single row of the kind `x` where
 * it turns out to be much. Undefined when there is no such start, a better one, or none but those that are known as much.
 */
export function narrowStatement(
  request: SearchRequest,
  access: AccessOf,
  isMuch: IsMuch = () => false,
): Narrowed | undefined {
  const values: unknown[] = []
  const narrow = request.others ? undefined : narrowed(request, access, isMuch, false, values)
  if (!narrow) return undefined
  const { start, ctes, ...met } = narrow
  const refusal = `select 'x', '', '', null, null, null, '', null, null, null, null where ${isTooMany}`
  return { ...pageStatement(request, access, met, values, { ctes, parts: [refusal] }), start }
}

/** The same number: one row with `total`, which is null where it turns out to be much. */
export function narrowCount(
  request: SearchRequest,
  access: AccessOf,
  isMuch: IsMuch = () => false,
): Narrowed | undefined {
  const values: unknown[] = []
  const narrow = request.others ? undefined : narrowed(request, access, isMuch, true, values)
  if (!narrow) return undefined
  const { start, ctes, where } = narrow
  const counted = `select count(*) from ${table(request.type)} s where ${where}`
  const text = `with ${ctes.join(',\n')}\nselect case when ${isTooMany} then null else (${counted}) end as total`
  return { ...statement(text, values, true), start }
}

function narrowed(
  { type, where }: SearchRequest,
  access: AccessOf,
  isMuch: IsMuch,
  counting: boolean,
  values: unknown[],
): (Condition & { start: string; ctes: readonly string[] }) | undefined {
  const asked = guarded(where, access)
  const allowed = probing(access(type))
  const start = startsOf(asked, allowed, type, counting).find(({ name }) => !isMuch(name))
  if (!start) return undefined
  const { ctes, rest, where: found, visibly } = start.narrow(values)
  const row: Row = { alias: 's', type, of: 'current', few: true }
  const met = `${found} and ${clauseSql(rest, row, values)} and ${clauseSql(allowed, visibly, values)}`
  const clause = and(rest, allowed)
  return { clause, where: met, selective: true, sharesPlan: true, start: start.name, ctes }
}

function pageStatement(
  request: SearchRequest,
  access: AccessOf,
  met: Condition,
  values: unknown[],
  more: { ctes: readonly string[]; parts: readonly string[] } = { ctes: [], parts: [] },
): Statement {
  const page = pageSql(request, met, values)
  const total = request.total === 'none' ? 'null::int8' : page.total
  const parts = [matchesSql(request, total), ...includesSql(request, access, values), ...more.parts]
  return whole([...more.ctes, ...page.ctes], parts, values, met.sharesPlan)
}

/** What the rows of a page lead to, each type under its own access; `known` are there already. */
export function followStatement(
  led: readonly Led[],
  known: readonly { type: string; rid: Rid }[],
  access: AccessOf,
): Statement | undefined {
  const values: unknown[] = []
  const parts = led.flatMap(({ type, where }) => {
    const there = known.filter((row) => row.type === type).map(({ rid }) => rid)
    const fresh = and(where, probing(access(type)), there.length === 0 ? all : not({ op: 'rid', any: there }))
    if (fresh.op === 'none') return []
    return [includedSql(type, clauseSql(fresh, { alias: 's', type, of: 'current', few: true }, values))]
  })
  if (parts.length === 0) return undefined
  // One more than a page may include, over all types together.
  const text = `select * from (${parts.join('\nunion all\n')}) i limit ${rows(mostIncluded + 1)}`
  return statement(text, values, parts.length <= fewTypes)
}

/** How many rows match: one row with `total`. */
export function countStatement(request: SearchRequest | Counted, access: AccessOf): Statement {
  const values: unknown[] = []
  const searched = 'count' in request ? searchedTypes(ofSeen(request, access)) : [request]
  const counts = searched.map((part) => {
    const { where, sharesPlan, reach } = condition(part, access, values, { seesMuch: searched.length === 1 })
    const count = `select count(*) as total from ${table(part.type)} s where`
    if (!reach) return { text: `${count} ${where}`, sharesPlan }
    const text = `with few as materialized (select ${reach.isSmall} as yes)
    select (${count} (select yes from few) and ${reach.where}) + (${count} not (select yes from few) and ${where}) as total`
    return { text, sharesPlan }
  })
  const [only, ...others] = counts
  if (others.length === 0) return statement(only!.text, values, only!.sharesPlan)
  return statement(`select ${counts.map(({ text }) => `(${text})`).join(' + ')} as total`, values, false)
}

type Counted = Pick<SearchRequest, 'type' | 'where'>

/** The first matches of each condition: rows of `n` (its index), `id`, `rid` and `ver`. */
export function resolveStatement(conditions: readonly { type: string; where: Clause }[], most = 2): Statement {
  const values: unknown[] = []
  const parts = conditions.map(({ type, where }, n) => {
    const met = clauseSql(where, { alias: 's', type, of: 'current' }, values)
    return `(select ${bind(values, 'int4', n)} as n, v.id, s.rid, s.ver from ${table(type)} s
        join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver where ${met} order by s.rid limit ${rows(most)})`
  })
  const selective = conditions.every(({ where }) => isSelective(where))
  return statement(parts.join('\nunion all\n'), values, selective)
}

/** A page of rows of several types; undefined when there is nothing that may be seen. */
export function severalStatement(request: SeveralRequest, access: AccessOf): Statement | undefined {
  const values: unknown[] = []
  const text = severalSql(request, access, values)
  return text === '' ? undefined : statement(text, values, true)
}

/** Which of the types have any row that meets their condition: rows of `n`. */
export function presentStatement(parts: SeveralRequest['parts']): Statement {
  const values: unknown[] = []
  return statement(presentSql(parts, values), values, true)
}

/** The profiles, tags and security labels in use among the rows of each part: rows of `kind` and `value`. */
export function labelsStatement(parts: SeveralRequest['parts']): Statement {
  const values: unknown[] = []
  return statement(labelsSql(parts, values), values, false)
}
