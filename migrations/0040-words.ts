import type { Knex } from 'knex'

/**
 * What full-text search needs beyond 0010: one row for each parameter of a resource that words are looked for in (`_text`,
 * `_content`). `words` are made by the server, so that they do not depend on the locale of the database; among them stands the
 * parameter's key, so that one index finds words of one parameter of one type.
 *
 * Rows that were stored before have none until they are indexed again.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table fts (key bigint not null, words tsvector not null, rid bigint not null);
create index fts_words on fts using gin (words) with (fastupdate = on, gin_pending_list_limit = 256);
create index fts_rid on fts (rid, key);`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
