import type { Database } from '../open-database.ts'

/** The date columns of each table, without `_lo` and `_hi`: `observation` has `date` and `value_date`. */
export type DateColumns = ReadonlyMap<string, readonly string[]>

/** Read from the catalog, not derived: the schema is what its migrations made, whatever definitions are loaded today. */
export async function readDateColumns({ query, options }: Database): Promise<DateColumns> {
  const rows = await query<{ table: string; columns: string[] }>(
    `select c.relname::text as table,
       array_remove(array_agg(substr(a.attname, 1, length(a.attname) - 3)::text order by a.attnum)
         filter (where a.attname like '%\\_lo'), null) as columns
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = $1 and c.relkind = 'r'
       and exists (select from pg_class v where v.relnamespace = n.oid and v.relname = c.relname || '_v')
     group by c.relname`,
    [options.schema],
  )
  return new Map(rows.map(({ table, columns }) => [table, columns ?? []]))
}
