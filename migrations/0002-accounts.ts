import type { Knex } from 'knex'

/**
 * The tables of the authorization server: accounts and their codes, what oidc-provider keeps, what SMART adds to a grant, and the
 * counters that slow guessing down. No bearer value is stored: codes, tokens and launch handles are there as hashes only.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(accounts + provider + smart + throttles)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}

/**
 * `applicant` is what a registration told, until the address is verified; no health record exists for it before that. Whether
 * a doctor may act is never stored here: it is read from the Practitioner's current row.
 */
const accounts = `
create table oauth_account (
  id uuid primary key, email text not null, password_hash text not null,
  state text not null check (state in ('unverified', 'verified', 'disabled')),
  roles text[] not null default '{}',
  person_type text check (person_type in ('Practitioner', 'Patient', 'RelatedPerson')), person_id text collate "C", person_rid bigint,
  applicant jsonb, created timestamptz not null default now(),
  check (num_nonnulls(person_type, person_id, person_rid) in (0, 3)), check (state = 'unverified' or person_id is not null)
);
create unique index oauth_account_email on oauth_account (lower(email));
create unique index oauth_account_person on oauth_account (person_type, person_id) where person_id is not null;

create table oauth_code (
  hash bytea primary key, purpose text not null check (purpose in ('verify', 'reset', 'invite', 'setup')),
  account_id uuid references oauth_account on delete cascade,
  person_type text, person_id text collate "C", person_rid bigint,
  created timestamptz not null default now(), expires_at timestamptz not null, used_at timestamptz, tries int not null default 0
);
create index oauth_code_account on oauth_code (account_id) where account_id is not null;
create index oauth_code_person on oauth_code (person_type, person_id) where person_id is not null;
`

const provider = `
create table oidc_payload (
  model text collate "C" not null, id text collate "C" not null, payload jsonb not null,
  grant_id text collate "C", uid text collate "C", client_id text collate "C",
  account_id uuid references oauth_account on delete cascade,
  expires_at timestamptz, consumed_at timestamptz, primary key (model, id)
);
create index oidc_payload_grant on oidc_payload (grant_id) where grant_id is not null;
create index oidc_payload_uid on oidc_payload (uid) where uid is not null;
create index oidc_payload_client on oidc_payload (client_id) where client_id is not null;
create index oidc_payload_account on oidc_payload (account_id) where account_id is not null;
create index oidc_payload_expiry on oidc_payload (expires_at) where expires_at is not null;
`

/** A grant lives as long as its row here; `session_uid` ties it to a browser session, which ends it on logout. */
const smart = `
create table smart_grant (
  grant_id text collate "C" primary key, account_id uuid not null references oauth_account on delete cascade,
  client_id text collate "C" not null, scope text not null,
  patient_id text collate "C", patient_rid bigint, extra jsonb not null default '{}',
  session_uid text collate "C", created timestamptz not null default now(), ends_at timestamptz not null,
  check (num_nonnulls(patient_id, patient_rid) in (0, 2))
);
create index smart_grant_account on smart_grant (account_id);
create index smart_grant_client on smart_grant (client_id);
create index smart_grant_session on smart_grant (session_uid) where session_uid is not null;

create table smart_launch (
  hash bytea primary key, account_id uuid not null references oauth_account on delete cascade,
  client_id text collate "C" not null, patient_id text collate "C" not null, extra jsonb not null default '{}',
  expires_at timestamptz not null, used_at timestamptz
);
`

const throttles = `
create table oauth_throttle (
  key bytea primary key, count int not null, admitted boolean not null,
  blocked_until timestamptz not null default 'epoch', resets_at timestamptz not null
);
`
