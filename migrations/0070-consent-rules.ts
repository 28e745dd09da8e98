import type { Knex } from 'knex'

/**
 * What a provision of a Consent says beyond whom and whose: of which part of the record it speaks (`narrow`: data of a period,
 * what somebody wrote, what belongs to an encounter or a plan), and whether it is the rule or an exception to it. Denials made
 * earlier speak of all labels, permits of what they name and of what has none. `effect` 0: a rule of the patient is on record
 * that takes the place of the hospital's own.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
alter table access_grant
  add column nested boolean not null default false, add column excepted boolean not null default false,
  add column narrow boolean not null default false, add column how smallint not null default 0, add column about bigint,
  add column data_lo bigint, add column data_hi bigint;
update access_grant set labels = case when effect = -1 then -1 else labels | (1 << 30) end`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
