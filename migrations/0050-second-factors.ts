import type { Knex } from 'knex'

/**
 * Second factors of accounts: authenticator apps (the secret encrypted with a key that is not in the database) and passkeys
 * (public keys), recovery codes as hashes, and sign-ins that wait for their second factor.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table oauth_factor (
  id uuid primary key, account_id uuid not null references oauth_account on delete cascade,
  kind text not null check (kind in ('totp', 'passkey')), name text not null,
  created timestamptz not null default now(), last_used timestamptz,
  secret bytea, last_step bigint,
  credential_id text collate "C" unique, public_key bytea, counter bigint, transports text[],
  check (num_nonnulls(secret, last_step) = case kind when 'totp' then 2 else 0 end),
  check (num_nonnulls(credential_id, public_key, counter, transports) = case kind when 'passkey' then 4 else 0 end)
);
create index oauth_factor_account on oauth_factor (account_id);

create table oauth_recovery_code (
  hash bytea primary key, account_id uuid not null references oauth_account on delete cascade,
  created timestamptz not null default now(), used_at timestamptz
);
create index oauth_recovery_code_account on oauth_recovery_code (account_id);

create table oauth_sign_in (
  hash bytea primary key, account_id uuid not null references oauth_account on delete cascade,
  challenge text, passed text[], expires_at timestamptz not null
);
create index oauth_sign_in_account on oauth_sign_in (account_id);`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
