import type { Knex } from 'knex'

/**
 * What the index was made with: for each resource type its search parameters, each with a digest of what it meant then; and how
 * far a reindex has come (`making`: what it makes the index for, `after`: the last row that it wrote).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table search_index (
  type text collate "C" primary key, parameters jsonb not null, making text, after bigint, done bigint not null default 0
);`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
