import type { Knex } from 'knex'

/** Changes of the mail address of an account that wait until both addresses have confirmed; the codes as hashes. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table oauth_address_change (
  account_id uuid primary key references oauth_account on delete cascade,
  email text not null,
  old_hash bytea not null unique, new_hash bytea not null unique,
  old_confirmed boolean not null default false, new_confirmed boolean not null default false,
  expires_at timestamptz not null
);`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
