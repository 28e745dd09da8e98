import type { Knex } from 'knex'

/**
 * Gives all versions of a Binary their owner, for good; false when another resource owns it or when there is none. First the
 * lock: a statement sees only what was committed before it began, and another version may just be on its way. The statements
 * of a function each begin anew, so that both need one round trip.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create function own_attachment(binary_rid bigint, new_type text, new_owner bigint) returns boolean language plpgsql as $$
begin
  perform from attachment where rid = binary_rid for update;
  if not exists (select from attachment where rid = binary_rid)
    or exists (select from attachment where rid = binary_rid and (owner_type, owner) <> (new_type, new_owner)) then
    return false;
  end if;
  update attachment set owner_type = new_type, owner = new_owner where rid = binary_rid and owner is null;
  return true;
end $$;`)
}

export async function down(): Promise<void> {
  throw new Error('Migrations go forward only.')
}
