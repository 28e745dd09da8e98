import type { Knex } from 'knex'
import { resourceTypes } from './resource-types.ts'

/**
 * Two tables per resource type (the current rows that searches read, and every version with the only copy of the JSON), the
 * tables that all types share, grants, attachments and the audit trail. Unqualified names land in the schema of the search path.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(await trigramExtension(knex))
  const types = Object.entries(resourceTypes)
  await knex.raw([...types.map(([type, codes]) => tablesOf(type, codes)), shared].join('\n'))
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}

/** An extension can exist once per database; an ordinary user may not even say "if not exists" to one that does. */
async function trigramExtension(knex: Knex): Promise<string> {
  const { rows } = (await knex.raw("select from pg_extension where extname = 'pg_trgm'")) as { rows: unknown[] }
  return rows.length > 0 ? 'select' : 'create extension pg_trgm with schema public'
}

/** `lu` is not indexed on the current row, so that an update which changes no search value touches no index (HOT). */
function tablesOf(type: string, codes: string): string {
  const name = type.toLowerCase()
  const dates = codes.split(' ').flatMap((code) => (code === '' ? [] : [code.replaceAll('-', '_')]))
  const columns = dates.map((date) => `, ${date}_lo bigint, ${date}_hi bigint`).join('')
  const primary = dates[0] === undefined ? '' : `${dates[0]}_lo, `
  const indexes = dates.map((date) => dateIndexes(name, date)).join('\n')
  return `
create table "${name}" (
  rid bigint primary key, lu bigint not null, pat bigint, labels int not null default 0, ver int not null,
  keys bigint[] not null, fkeys bigint[] not null, akeys bigint[] not null${columns}
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
create index "${name}_keys" on "${name}" using gin (keys) with (fastupdate = on, gin_pending_list_limit = 256);
create index "${name}_pat" on "${name}" (pat, ${primary}rid) where pat is not null;
${indexes}
create table "${name}_v" (
  rid bigint not null, ver int not null, lu bigint not null, xid xid8 not null default pg_current_xact_id(),
  deleted boolean not null default false, id text collate "C" not null, pat bigint, labels int not null default 0,
  akeys bigint[] not null default '{}', json text not null, primary key (rid, ver)
);
create index "${name}_v_lu" on "${name}_v" (lu, rid);`
}

/** 31 days in milliseconds: searches look for the ends of shorter periods among their beginnings (src/search/date-column.ts). */
const long = 2_678_400_000

function dateIndexes(name: string, date: string): string {
  return `create index "${name}_${date}" on "${name}" (${date}_lo, rid);
create index "${name}_${date}_long" on "${name}" (${date}_hi) where ${date}_hi - ${date}_lo > ${long};`
}

const shared = `
create table str (key bigint, val text collate "C", rid bigint, primary key (key, val, rid));
create index str_rid on str (rid);
create index str_val on str using gin (val gin_trgm_ops);

create table num (key bigint not null, lo float8 not null, hi float8 not null, lo2 float8, hi2 float8, rid bigint not null);
create index num_key on num (key, lo, rid);
create index num_range on num (key, hi) where lo <> hi;
create index num_rid on num (rid);

create table dat (key bigint not null, lo bigint not null, hi bigint not null, rid bigint not null);
create index dat_key on dat (key, lo, rid);
create index dat_long on dat (key, hi) where hi - lo > ${long};
create index dat_rid on dat (rid);

create table access_grant (
  grantee bigint not null, pat bigint not null, type text collate "C" not null, rid bigint not null,
  effect smallint not null, purpose int not null default 0, labels int not null, starts bigint not null, ends bigint not null,
  obligations int not null default 0, consent bigint not null, ver int not null
);
create index access_grant_pat on access_grant (grantee, pat);
create index access_grant_rid on access_grant (grantee, type, rid);
create index access_grant_subject on access_grant (pat);
create index access_grant_consent on access_grant (consent);

create table attachment (
  rid bigint not null, ver int not null, object_key text collate "C" not null unique, size bigint not null,
  sha1 text not null, sha256 text not null, enc smallint not null default 0, content_type text not null,
  owner_type text, owner bigint, uploader bigint,
  created bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint, primary key (rid, ver)
);
create index attachment_owner on attachment (owner) where owner is not null;

create table audit (
  n bigint generated always as identity primary key, at bigint not null, request_id text not null, interaction text not null,
  type text, id text, version int, patients bigint[] not null, account_id text, person text, client_id text not null,
  outcome text not null, status smallint not null, query text, ip text
);
create index audit_at on audit using brin (at);

create table install (name text primary key, value bytea not null);
`
