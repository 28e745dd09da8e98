import type { Knex } from 'knex'

/**
 * What belongs to an event of the audit trail beyond who, what and when: its code for security events, the app or the person
 * that it was about, the error that was answered. Never a secret. The column is empty for nearly all rows, and costs them nothing.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table audit add column detail jsonb')
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
