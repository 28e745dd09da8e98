import { and, type Clause } from './clause.ts'
import { type AccessOf, guarded, probing } from './guard.ts'
import type { SearchRequest, SeveralRequest, Statement } from './request.ts'
import { bind, rows, sharingPlan } from './sql/bind.ts'
import { clauseSql } from './sql/clause-sql.ts'
import { includesSql } from './sql/includes.ts'
import { labelsSql } from './sql/labels.ts'
import { narrow } from './sql/narrow.ts'
import { literal, table, versions } from './sql/names.ts'
import { type Condition, pageSql } from './sql/page.ts'
import type { Collected, Row } from './sql/row.ts'
import { reachIsSmall } from './sql/reach.ts'
import { isSelective } from './sql/selective.ts'
import { partsLeft, presentSql, severalSql } from './sql/several.ts'
import { lastUpdatedBounds } from './sql/walks.ts'

export { clauseSql, isSelective, partsLeft, type Row }

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
  const met = condition(request, access, values, request.sort[0]?.by === 'lastUpdated')
  return pageStatement(request, access, met, values)
}

/**
 * The same page for a search by strings, as one plan for all values; answers a single row of the kind `x` where the strings
 * are too frequent for that. Undefined for searches that have no such start, or a better one.
 */
export function narrowStatement(request: SearchRequest, access: AccessOf): Statement | undefined {
  const values: unknown[] = []
  const asked = guarded(request.where, access)
  const allowed = probing(access(request.type))
  if (isSelective(and(asked, allowed))) return undefined
  const start = narrow(asked, values)
  if (!start) return undefined
  const clause = and(start.rest, allowed)
  const where = `${start.where} and ${clauseSql(clause, { alias: 's', type: request.type, of: 'current', few: true }, values)}`
  const met = { clause, where, selective: true, sharesPlan: true }
  const refusal = `select 'x', '', '', null, null, null, '', null, null, null, null where ${start.isTooMany}`
  return pageStatement(request, access, met, values, { ctes: [start.cte], parts: [refusal] })
}

function pageStatement(
  request: SearchRequest,
  access: AccessOf,
  met: Condition,
  values: unknown[],
  more: { ctes: readonly string[]; parts: readonly string[] } = { ctes: [], parts: [] },
): Statement {
  const page = pageSql(request, met, values)
  const sort = request.sort.map((_, n) => `p.s${n + 1}::text`)
  const total = request.total === 'none' ? 'null::int8' : page.total
  const matches = `select 'm' as kind, ${literal(request.type)} as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[${sort.join(', ')}]::text[] as sort, ${total} as total, p.n
        from p join ${versions(request.type)} v on v.rid = p.rid and v.ver = p.ver`
  const parts = [matches, ...includesSql(request, access, values), ...more.parts]
  const ctes = [...more.ctes, ...page.ctes]
  return statement(`with ${ctes.join(',\n')}\n${parts.join('\nunion all\n')}\norder by n`, values, met.sharesPlan)
}

/** How many rows match: one row with `total`. */
export function countStatement(request: Pick<SearchRequest, 'type' | 'where'>, access: AccessOf): Statement {
  const values: unknown[] = []
  const { where, sharesPlan, reach } = condition(request, access, values)
  const count = `select count(*) as total from ${table(request.type)} s where`
  if (!reach) return statement(`${count} ${where}`, values, sharesPlan)
  const text = `with few as materialized (select ${reach.isSmall} as yes)
    select (${count} (select yes from few) and ${reach.where}) + (${count} not (select yes from few) and ${where}) as total`
  return statement(text, values, sharesPlan)
}

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

function condition(
  { type, where }: Pick<SearchRequest, 'type' | 'where'>,
  access: AccessOf,
  values: unknown[],
  inOrderOfChange = false,
): Condition {
  const asked = guarded(where, access)
  const allowed = probing(access(type))
  const clause = and(asked, allowed)
  const row: Row = { alias: 's', type, of: 'current' }
  if (isSelective(clause)) {
    return { clause, where: clauseSql(clause, { ...row, few: true }, values), selective: true, sharesPlan: true }
  }
  const recent = inOrderOfChange ? '' : recently(type, clause, values)
  const met = `${clauseSql(asked, row, values)}${recent}`
  if (allowed.op === 'all') return { clause, where: met, selective: false, sharesPlan: asked.op === 'all' }
  const isSmall = reachIsSmall(allowed, type, values)
  const within = (relations?: Collected) => `${met} and ${clauseSql(allowed, { ...row, relations }, values)}`
  const common = { clause, selective: false, sharesPlan: asked.op === 'all' }
  if (isSmall === undefined) return { ...common, where: within() }
  return { ...common, where: within('set'), reach: { isSmall, where: within('array') } }
}

/** The time of the last change is indexed on the versions alone: where nothing else is selective, it may be found there. */
function recently(type: string, clause: Clause, values: unknown[]): string {
  const bounds = lastUpdatedBounds(clause, 'w', values)
  return bounds === ''
    ? ''
    : ` and exists (select from ${versions(type)} w where w.rid = s.rid and w.ver = s.ver${bounds})`
}

function statement(text: string, values: readonly unknown[], sharesPlan: boolean): Statement {
  return { text: sharesPlan ? sharingPlan(text) : text, values, sharesPlan }
}
