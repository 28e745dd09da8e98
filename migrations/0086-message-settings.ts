import type { Knex } from 'knex'

/** From whom practitioners take messages: from everybody who has no row, and from nobody whom they blocked. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table message_settings (practitioner text primary key, accepts text not null check (accepts in ('anyone', 'organization', 'nobody')));
create table message_block (practitioner text, sender text, since timestamptz not null default now(), primary key (practitioner, sender));`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
