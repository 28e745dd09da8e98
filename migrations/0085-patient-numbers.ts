import type { Knex } from 'knex'

/**
 * The numbers that patients were given, kept when the patients are not: none is ever given twice. They are noted by the
 * statement that writes the patient, so that a number costs no round trip. `json`, not `jsonb`: only what is asked for is read.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table patient_number (system text, value text, rid bigint not null, primary key (system, value));
create function note_patient_number() returns trigger language plpgsql as $$
declare
  one record;
  holder bigint;
begin
  for one in select distinct i ->> 'system' as system, i ->> 'value' as value from json_array_elements(new.json::json -> 'identifier') i
    where i ->> 'system' like '%/fhir/mrn' and i ->> 'value' is not null
  loop
    insert into patient_number as p values (one.system, one.value, new.rid)
      on conflict (system, value) do update set rid = p.rid returning rid into holder;
    if holder <> new.rid then
      raise exception 'Another patient has this number.' using errcode = 'unique_violation';
    end if;
  end loop;
  return null;
end $$;
create trigger patient_number_noted after insert on patient_v
  for each row when (new.json like '%/fhir/mrn"%') execute function note_patient_number();`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
