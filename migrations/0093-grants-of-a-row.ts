import type { Knex } from 'knex'

/**
 * One probe finds all that a person's grants say of a row: of its patient's whole record (rid 0) and of itself. It was two,
 * in two indexes, and every search of a doctor carries the question several times.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create index access_grant_row on access_grant (grantee, pat, rid);
drop index access_grant_pat`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
