import type { Knex } from 'knex'

/**
 * One probe finds all that a person's grants say of a row: of its patient's whole record (rid 0) and of itself. It was two,
 * in two indexes, and every search of a doctor carries the question several times. Denials are few beside what they are looked
 * for among. `reference_keys`: what rows hold that refer to something, one key for each salt.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create index access_grant_row on access_grant (grantee, pat, rid);
create index access_grant_denied on access_grant (grantee, pat) where effect = -1;
drop index access_grant_pat;
create function reference_keys(about bigint, salts bigint[]) returns bigint[] language sql immutable parallel safe
as 'select array(select about # salt from unnest(salts) salt)'`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
