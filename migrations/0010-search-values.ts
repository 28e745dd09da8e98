import type { Knex } from 'knex'
import { resourceTypes } from './resource-types.ts'

/**
 * What searches by value need beyond 0001: the time zones that dates were written in, the elements that composites are matched
 * on, and the texts that keys stand for.
 *
 * Rows that were stored before have none of it until they are indexed again.
 */
export async function up(knex: Knex): Promise<void> {
  const zones = Object.entries(resourceTypes).flatMap(([type, codes]) => zonesOf(type, codes))
  await knex.raw([...zones, shared].join('\n'))
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}

/** Minutes east of UTC of either end; null is UTC, or no zone at all. */
function zonesOf(type: string, codes: string): string[] {
  const dates = codes.split(' ').flatMap((code) => (code === '' ? [] : [code.replaceAll('-', '_')]))
  if (dates.length === 0) return []
  const columns = dates.map((date) => `add column ${date}_lz smallint, add column ${date}_hz smallint`)
  return [`alter table "${type.toLowerCase()}" ${columns.join(', ')};`]
}

/**
 * `element`: one row for each element that holds all components of a composite; `key` names the composite's kind of element, the
 * other columns are a small index of that element alone, in parallel arrays.
 */
const shared = `
alter table dat add column lz smallint, add column hz smallint;

create table element (
  key bigint not null, keys bigint[] not null, nkey bigint[] not null, nlo float8[] not null, nhi float8[] not null,
  skey bigint[] not null, sval text[] not null, rid bigint not null
);
create index element_rid on element (rid);

create table lexicon (key bigint primary key, val text collate "C" not null);
create index lexicon_val on lexicon (val, key);
`
