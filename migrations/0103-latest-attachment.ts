import type { Knex } from 'knex'

/**
 * Which row of a Binary is that of its current version. Whoever stores another version, deletes the Binary or gives it an owner
 * changes this row first, and so waits for the others and sees what they did; no other lock is needed.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
alter table attachment add column latest boolean not null default true;
update attachment a set latest = false from attachment newer where newer.rid = a.rid and newer.ver > a.ver;`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
