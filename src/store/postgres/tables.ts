import type { Database } from '../open-database.ts'

/** The resource tables of the schema, with their date columns without `_lo` and `_hi`: `observation` has `date`, `value_date`. */
export type Tables = ReadonlyMap<string, readonly string[]>

/** Read from the catalog, not derived: the schema is what its migrations made, whatever definitions are loaded today. */
export async function readTables({ query, options }: Database): Promise<Tables> {
  const rows = await query<{ table: string; columns: string[] | null }>(
    `select c.relname::text as table,
       array_agg(substr(a.attname, 1, length(a.attname) - 3)::text order by a.attnum)
         filter (where a.attname like '%\\_lo') as columns
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

/** The table of a type's current rows, unquoted. Only what is a table may become part of a statement. */
export function tableOf(tables: Tables, type: string): string {
  const name = type.toLowerCase()
  if (!tables.has(name)) throw new Error(`There is no table for ${type}.`)
  return name
}
