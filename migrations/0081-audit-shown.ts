import type { Knex } from 'knex'

/** How far the rows of a seal have become AuditEvents: one seal may hold a thousand rows of a thousand patients. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table audit_shown add column n bigint not null default 0')
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
