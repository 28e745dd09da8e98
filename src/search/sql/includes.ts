import { type AccessOf, probing } from '../guard.ts'
import { type Include, searchedTypes, type SearchRequest } from '../request.ts'
import { bind, rows } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { literal, table, versions } from './names.ts'

/** How many resources a page includes at most; of more, the answer says that some are missing. */
export const mostIncluded = 2_000

/** Of this type, on the page. */
type OnPage = (type: string) => string

/**
 * One query per type that is included, over the page `p`. Each row meets its own type's access rules; none is a match of
 * this page as well.
 */
export function includesSql(request: SearchRequest, access: AccessOf, values: unknown[]): string[] {
  const byType = new Map<string, Include[]>()
  for (const include of request.includes) {
    const type = include.direction === 'forward' ? include.target : include.source
    // A type that may not be seen adds nothing, not even a value that no part of the statement would use.
    if (access(type).op !== 'none') byType.set(type, [...(byType.get(type) ?? []), include])
  }
  if (byType.size === 0) return []
  const searched = searchedTypes(request).map(({ type }) => type)
  const shown = `p.n <= ${rows(request.count)}`
  const onPage = (type: string) => (searched.length === 1 ? shown : `${shown} and p.type = ${literal(type)}`)
  return [...byType].flatMap(([type, includes]) => {
    const allowed = probing(access(type))
    const linked = includes.map((include) =>
      (include.direction === 'forward' ? referred : referring)(include, onPage, values),
    )
    const conditions = [
      `(${linked.join(' or ')})`,
      clauseSql(allowed, { alias: 's', type, of: 'current', few: true }, values),
    ]
    if (searched.includes(type)) conditions.push(`s.rid <> all(array(select p.rid from p where ${onPage(type)}))`)
    return [includedSql(type, conditions.join(' and '))]
  })
}

/**
 * The rows that meet conditions on `s`, as included ones: one more than a page may include, so that the rest is known to be
 * missing.
 */
export function includedSql(type: string, where: string): string {
  return `(select 'i' as kind, ${literal(type)} as type, v.id, s.rid, s.ver, v.lu, v.json, s.pat,
        null::text[] as sort, null::int8 as total, null::int8 as n
        from ${table(type)} s join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver
        where ${where} limit ${rows(mostIncluded + 1)})`
}

/** `_include`: a row on the page refers to it. Arrays, not joins: the planner then uses the index of what is included. */
function referred({ source, by, via }: Include, onPage: OnPage, values: unknown[]): string {
  const here = onPage(source)
  if (by === 'patient') return `s.rid = any(array(select p.pat from p where p.pat is not null and ${here}))`
  const keys = `from p join ${table(source)} o on o.rid = p.rid, unnest(o.keys) k where ${here}`
  const key = `k # ${bind(values, 'int8', by)}`
  if (via === undefined) return `s.rid = any(array(select ${key} ${keys}))`
  return `s.keys && array(select ${key} # ${bind(values, 'int8', via)} ${keys})`
}

/** `_revinclude`: it refers to a row on the page. */
function referring({ target, by, via }: Include, onPage: OnPage, values: unknown[]): string {
  const here = onPage(target)
  if (by === 'patient') return `s.pat = any(array(select p.rid from p where ${here}))`
  const salt = bind(values, 'int8', by)
  if (via === undefined) return `s.keys && array(select p.rid # ${salt} from p where ${here})`
  const keys = `from p join ${table(target)} o on o.rid = p.rid, unnest(o.keys) k where ${here}`
  return `s.keys && array(select k # ${bind(values, 'int8', via)} # ${salt} ${keys})`
}
