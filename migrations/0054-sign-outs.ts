import type { Knex } from 'knex'

/**
 * What ends a sign-in for good, even while a request of it is under way: when an account was last signed out of everything, which
 * sessions were ended, and of when the sign-in is that a grant was given in; all in whole seconds. A grant from before this
 * counts as older than any later sign-out. Accounts that an administrator took off the external sign-in say so.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
alter table oauth_account add column signed_out_at bigint not null default 0,
  add column link_by_address boolean not null default true;
create table oauth_ended_session (uid text collate "C" primary key, expires_at timestamptz not null);
alter table smart_grant add column signed_in_at bigint not null default 1;
update oidc_payload p set account_id = a.id from oauth_account a
  where p.model = 'Interaction' and a.id::text = p.payload #>> '{result,login,accountId}';`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
