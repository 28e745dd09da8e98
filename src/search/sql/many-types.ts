import type { AccessOf } from '../guard.ts'
import { type SearchedType, searchedTypes, type SearchRequest } from '../request.ts'
import { rows } from './bind.ts'
import { condition } from './condition.ts'
import { literal, versions } from './names.ts'
import { numbered, pageSql } from './page.ts'

export interface Matches {
  readonly ctes: readonly string[]
  /** Queries whose rows are the matches. */
  readonly parts: readonly string[]
  readonly sharesPlan: boolean
}

/** More types than these make a plan that is not worth keeping. */
export const fewTypes = 5

/** The first rows of each type, then the first of all of them, from `p(type, rid, ver, pat, s1, …, n)`. */
export function manyTypes(request: SearchRequest, access: AccessOf, values: unknown[]): Matches {
  const searched = searchedTypes(request)
  const pages = searched.map((part, n) => {
    const met = condition(part, access, values, { sort: part.sort })
    return { met, page: pageSql({ ...request, ...part }, met, values, String(n)) }
  })
  const firsts = searched.map(({ type }, n) => `select ${literal(type)} as type, p${n}.* from p${n}`)
  const columns = ['type', 'rid', 'ver', 'pat', ...request.sort.map((_, n) => `s${n + 1}`)].map((name) => `y.${name}`)
  const all = `select ${columns.join(', ')} from (${firsts.join(' union all ')}) y`
  const p = `p as materialized (select * from (${numbered(request, [all])}) z where z.n <= ${rows(request.count + 1)})`
  const counted = request.total === 'none' ? 'null::int8' : pages.map(({ page }) => page.total).join(' + ')
  return {
    ctes: [...pages.flatMap(({ page }) => page.ctes), `t as materialized (select ${counted} as total)`, p],
    parts: searched.map(
      (part) => `${matchesSql({ ...request, ...part }, '(select total from t)')} and p.type = ${literal(part.type)}`,
    ),
    sharesPlan: searched.length <= fewTypes && pages.every(({ met }) => met.sharesPlan),
  }
}

export function matchesSql({ type, sort }: SearchedType, total: string): string {
  return `select 'm' as kind, ${literal(type)} as type, v.id, p.rid, p.ver, v.lu, v.json, p.pat,
        array[${sort.map((_, n) => `p.s${n + 1}::text`).join(', ')}]::text[] as sort, ${total} as total, p.n
        from p join ${versions(type)} v on v.rid = p.rid and v.ver = p.ver`
}
