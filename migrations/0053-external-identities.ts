import type { Knex } from 'knex'

/** Who an account is at an external OpenID Connect provider, and how the first step of a sign-in was taken. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table oauth_identity (
  issuer text collate "C" not null, subject text collate "C" not null,
  account_id uuid not null references oauth_account on delete cascade,
  created timestamptz not null default now(),
  primary key (issuer, subject), unique (account_id, issuer)
);
alter table oauth_sign_in add column first text[] not null default '{pwd}';`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
