import type { Search } from '../search/create-search.ts'

/** What the index holds of a Practitioner whose `active` is true: the authorization server asks for it with every token. */
export function activePractitionerKey(search: Pick<Search, 'parameter'>): bigint {
  const clause = search.parameter('Practitioner', 'active', 'true')
  if (clause.op !== 'keys' || clause.any.length !== 1) throw new Error('Practitioner?active=true is not one key.')
  return clause.any[0]!
}
