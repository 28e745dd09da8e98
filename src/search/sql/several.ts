import { and } from '../clause.ts'
import { type AccessOf, guarded, probing } from '../guard.ts'
import type { SeveralRequest } from '../request.ts'
import { bind, rows, sharingPlan } from './bind.ts'
import { clauseSql } from './clause-sql.ts'
import { literal, table, versions } from './names.ts'

/** What is left for this page: the types before the one that it starts in have been answered. */
export function partsLeft({ parts, after }: SeveralRequest): SeveralRequest['parts'] {
  return after ? parts.slice(parts.findIndex(({ type }) => type === after.type)) : parts
}

/**
 * A page of rows of several types: type after type in the order of the request, each in the order of its rids, one row more
 * than the page holds. Every row meets its own type's access rules; a type of which nothing may be seen takes no part.
 */
export function severalSql({ parts, count, after }: SeveralRequest, access: AccessOf, values: unknown[]): string {
  const limit = rows(count + 1)
  const queries = parts.flatMap(({ type, where }, n) => {
    const clause = and(guarded(where, access), probing(access(type)))
    if (clause.op === 'none') return []
    const start = after?.type === type ? ` and s.rid > ${bind(values, 'int8', after.rid)}` : ''
    const met = clauseSql(clause, { alias: 's', type, of: 'current', few: true }, values)
    return [
      `(select 'm' as kind, ${literal(type)} as type, v.id, s.rid, s.ver, v.lu, v.json, s.pat, ${rows(n)} as n
        from ${table(type)} s join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver
        where ${met}${start} order by s.rid limit ${limit})`,
    ]
  })
  if (queries.length === 0) return ''
  return sharingPlan(`select x.* from (${queries.join('\nunion all\n')}) x order by x.n, x.rid limit ${limit}`)
}

/**
 * The types of which there is any row at all: rows of `n`, the index of the part. Access rules are left out, so that the
 * statement is small; it decides which types the statement of the page is to look at, and nothing that anybody sees.
 */
export function presentSql(parts: SeveralRequest['parts'], values: unknown[]): string {
  const queries = parts.map(({ type, where }, n) => {
    const met = clauseSql(where, { alias: 's', type, of: 'current' }, values)
    return `select ${rows(n)} as n where exists (select from ${table(type)} s where ${met})`
  })
  return sharingPlan(queries.join('\nunion all\n'))
}
