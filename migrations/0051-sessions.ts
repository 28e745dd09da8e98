import type { Knex } from 'knex'

/** Where browser sessions were begun and used, for the list that their owner sees; the sessions themselves are oidc_payload's. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table oauth_session (
  uid text collate "C" primary key, account_id uuid not null references oauth_account on delete cascade,
  ip text not null, agent text not null, last_used timestamptz not null default now()
);
create index oauth_session_account on oauth_session (account_id);`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
