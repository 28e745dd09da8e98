/**
 * Whether an account may act, as SQL: its address is verified and, for staff, the current row of its Practitioner says
 * `active=true`. Read with every request and never copied, so that a suspension works at once.
 *
 * https://hl7.org/fhir/R4/practitioner-definitions.html#Practitioner.active
 */

/**
 * For an account `a`; `key` is the placeholder of the index key of `active=true`, which stands in one of the two columns. A
 * scalar subquery, because Postgres would rather hash all practitioners for an `exists`.
 */
export function mayActSql(key: string): string {
  return `(a.state = 'verified' and (a.person_type <> 'Practitioner' or coalesce((
    select ${key}::bigint = any (p.keys) or ${key}::bigint = any (p.fkeys) from practitioner p where p.rid = a.person_rid), false)))`
}
