import type { Clause } from '../clause.ts'
import { probing } from '../guard.ts'
import { clauseSql } from './clause-sql.ts'
import { table, versions } from './names.ts'

/**
 * The different profiles, tags and security labels of the rows that meet each part's condition: rows of `kind` (`profile`,
 * `tag`, `security`) and `value`, JSON as text. Every row is looked at, because nothing else tells whose labels they are.
 */
export function labelsSql(parts: readonly { type: string; where: Clause }[], values: unknown[]): string {
  const queries = parts.map(({ type, where }) => {
    const met = clauseSql(probing(where), { alias: 's', type, of: 'current' }, values)
    return `select m.key as kind, l.value::text as value
      from ${table(type)} s join ${versions(type)} v on v.rid = s.rid and v.ver = s.ver,
        lateral jsonb_each((v.json::json -> 'meta')::jsonb) m, lateral jsonb_array_elements(m.value) l
      where m.key in ('profile', 'tag', 'security') and jsonb_typeof(m.value) = 'array' and ${met}`
  })
  return `${queries.join('\nunion\n')}\norder by kind, value`
}
