import type { Knex } from 'knex'

/**
 * Of several values of a parameter, which one a sort in rising order meets first and which one last: a page of 20 names would
 * otherwise look 20 times for an earlier name. That values do not repeat is left to who writes them, since an update that
 * changes such a mark writes the value anew while the old row is still there.
 *
 * Rows that were stored before are marked here and need not be indexed again.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
${ends('str', 'val')}
${ends('num', 'lo')}
${ends('dat', 'lo')}
alter table str drop constraint str_pkey, alter column key set not null, alter column val set not null, alter column rid set not null;
create index str_key on str (key, val, rid);`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}

function ends(table: string, value: string): string {
  return `
alter table ${table} add column first boolean not null default true, add column last boolean not null default true;
update ${table} t set first = n.first, last = n.last
from (
  select ctid as place, row_number() over (partition by key, rid order by ${value}) = 1 as first,
    row_number() over (partition by key, rid order by ${value} desc) = 1 as last
  from ${table}
) n
where t.ctid = n.place and not (n.first and n.last);
alter table ${table} alter column first drop default, alter column last drop default;`
}
