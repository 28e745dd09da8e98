import type { Knex } from 'knex'

/** Whether another provider let the person pass without asking for anything just then. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`alter table oauth_sign_in add column silent boolean not null default false;`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
