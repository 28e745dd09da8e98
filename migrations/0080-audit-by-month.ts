import type { Knex } from 'knex'

/**
 * The audit trail in one partition per month, to which rows are only added: a month is dropped as a whole when its time of keeping
 * is over. Beside it the seals: what was in the trail, as chained hashes that are made after the rows were written, so that no
 * request waits for them; and how far the rows have become AuditEvents. What was written before is moved.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(functions)
  await knex.raw(tables)
  await knex.raw(months)
  await knex.raw(moved)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}

/** A partition is attached, not created in place, so that no writer waits for it. Times are epoch ms, months are UTC. */
const functions = `
create function audit_only_added_to() returns trigger language plpgsql as $$
begin
  raise exception 'What stands in % is neither changed nor removed.', tg_table_name using errcode = 'restrict_violation';
end $$;

create function audit_month(moment bigint) returns void language plpgsql as $$
declare
  first timestamp := date_trunc('month', to_timestamp(moment / 1000.0) at time zone 'UTC');
  lo bigint := extract(epoch from first)::bigint * 1000;
  hi bigint := extract(epoch from first + interval '1 month')::bigint * 1000;
  name text := 'audit_' || to_char(first, 'YYYY_MM');
begin
  if to_regclass(format('%I.%I', current_schema(), name)) is not null then return; end if;
  if exists (select from audit_other where at >= lo and at < hi) then return; end if;
  execute format('create table %I (like audit including defaults)', name);
  execute format('alter table audit attach partition %I for values from (%s) to (%s)', name, lo, hi);
  execute format('create trigger audit_kept before truncate on %I for each statement execute function audit_only_added_to()', name);
end $$;`

/** `audit_other` takes what no month is there for, so that a wrong clock refuses no request. */
const tables = `
alter table audit rename to audit_before;
alter index audit_pkey rename to audit_before_pkey;
alter index audit_at rename to audit_before_at;
create sequence audit_row;
create table audit (
  n bigint not null default nextval('audit_row'), at bigint not null, request_id text not null, interaction text not null,
  type text, id text, version int, patients bigint[] not null, account_id text, person text, client_id text not null,
  outcome text not null, status smallint not null, query text, ip text, detail jsonb, token text, primary key (n, at)
) partition by range (at);
create trigger audit_kept before truncate on audit for each statement execute function audit_only_added_to();
create table audit_other partition of audit default;
create trigger audit_kept before truncate on audit_other for each statement execute function audit_only_added_to();

create table audit_seal (
  seq bigint primary key, process text not null, sealed_at bigint not null, rows int8multirange not null, upto bigint not null,
  count int not null, first_at bigint not null, last_at bigint not null, digests bytea not null, head bytea not null
);
create trigger audit_seal_kept before update or delete on audit_seal for each row execute function audit_only_added_to();
create trigger audit_seal_kept_whole before truncate on audit_seal
  for each statement execute function audit_only_added_to();

create table audit_shown (seq bigint not null);
insert into audit_shown values (0);`

const months = `
select audit_month(m) from (
  select distinct (extract(epoch from date_trunc('month', to_timestamp(at / 1000.0) at time zone 'UTC'))::bigint * 1000) as m
  from audit_before
  union
  select extract(epoch from now() + make_interval(months => ahead))::bigint * 1000 from generate_series(0, 2) ahead
) needed;`

const moved = `
insert into audit (n, at, request_id, interaction, type, id, version, patients, account_id, person, client_id, outcome, status,
    query, ip, detail)
  select n, at, request_id, interaction, type, id, version, patients, account_id, person, client_id, outcome, status,
    query, ip, detail from audit_before order by n;
select setval('audit_row', coalesce((select max(n) from audit_before), 1), exists (select from audit_before));
drop table audit_before;
create trigger audit_row_kept before update or delete on audit for each row execute function audit_only_added_to();`
