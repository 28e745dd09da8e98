import type { Knex } from 'knex'

/**
 * What is to leave the server: written in the transaction of what it tells of, taken by whichever process is first, gone
 * when it was sent. `due` is empty for what cannot be sent and waits for an administrator. `content` is sealed, since it
 * may hold a link that opens an account; the other columns may be shown.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table outbox (
  id bigint generated always as identity primary key,
  message uuid not null unique,
  channel text not null,
  recipient text not null, subject text not null, content bytea not null,
  queued timestamptz not null default now(),
  attempts int not null default 0,
  due timestamptz default now(),
  failure text
);
create index outbox_due on outbox (due, id) where due is not null;
create index outbox_dead on outbox (id) where due is null;`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
