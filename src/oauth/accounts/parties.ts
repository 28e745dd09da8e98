/**
 * In whose name somebody acts, beside his own: the PractitionerRoles that he holds at this moment, and the organizations that he
 * holds them in. A Consent may name these. Read with every request and never copied, so that what ends has ended at once.
 *
 * https://hl7.org/fhir/R4/practitionerrole.html
 */

/** Of PractitionerRole, for the index: what its references to a practitioner and to an organization hold beside the rid. */
export interface PartyKeys {
  /** As a Postgres array: practitioner, organization. */
  readonly salts: string
  /** Of `active=true`, which stands in one of the two columns. */
  readonly active: bigint
}

/** For an account `a`; the placeholders are those of the two. Empty for who holds no role, null for who is no practitioner. */
export function partiesSql(salts: string, active: string): string {
  const salt = (n: number) => `(${salts}::bigint[])[${n}]`
  const now = '(extract(epoch from now()) * 1000)::bigint'
  return `case when a.person_type = 'Practitioner' then array(
    select party::text from practitionerrole r, lateral (select r.rid as party union all
      select o.rid from unnest(r.keys) k join organization o on o.rid = k # ${salt(2)}) parties
    where r.keys @> array[a.person_rid # ${salt(1)}] and ${active}::bigint = any (r.keys || r.fkeys)
      and coalesce(r.date_lo <= ${now}, true) and coalesce(r.date_hi > ${now}, true)
    order by 1) end`
}
