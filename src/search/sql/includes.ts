import { type AccessOf, probing } from '../guard.ts'
import type { Include, SearchRequest } from '../request.ts'
import { bind, rows } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { literal, table, versions } from './names.ts'

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
  const onPage = `p.n <= ${rows(request.count)}`
  return [...byType].flatMap(([type, includes]) => {
    const allowed = probing(access(type))
    const linked = includes.map((include) =>
      (include.direction === 'forward' ? referred : referring)(include, onPage, values),
    )
    const conditions = [`(${linked.join(' or ')})`, clauseSql(allowed, { alias: 's', type, of: 'current' }, values)]
    if (type === request.type) conditions.push(`s.rid <> all(array(select p.rid from p where ${onPage}))`)
    return [
      `select 'i', ${literal(type)}, v.id, s.rid, s.ver, v.lu, v.json, s.pat, null::text[], null::int8, null::int8
        from ${table(type)} s join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver where ${conditions.join(' and ')}`,
    ]
  })
}

/** `_include`: a row on the page refers to it. Arrays, not joins: the planner then uses the index of what is included. */
function referred({ source, by, via }: Include, onPage: string, values: unknown[]): string {
  if (by === 'patient') return `s.rid = any(array(select p.pat from p where p.pat is not null and ${onPage}))`
  const keys = `from p join ${table(source)} o on o.rid = p.rid, unnest(o.keys) k where ${onPage}`
  const key = `k # ${bind(values, 'int8', by)}`
  if (via === undefined) return `s.rid = any(array(select ${key} ${keys}))`
  return `s.keys && array(select ${key} # ${bind(values, 'int8', via)} ${keys})`
}

/** `_revinclude`: it refers to a row on the page. */
function referring({ target, by, via }: Include, onPage: string, values: unknown[]): string {
  if (by === 'patient') return `s.pat = any(array(select p.rid from p where ${onPage}))`
  const salt = bind(values, 'int8', by)
  if (via === undefined) return `s.keys && array(select p.rid # ${salt} from p where ${onPage})`
  const keys = `from p join ${table(target)} o on o.rid = p.rid, unnest(o.keys) k where ${onPage}`
  return `s.keys && array(select k # ${bind(values, 'int8', via)} # ${salt} ${keys})`
}
