import type { Search } from '../search/create-search.ts'
import type { Keys } from '../search/keys.ts'

/** What the authorization server asks the index with every token. */
export function activityKeys(search: Pick<Search, 'parameter'>, keys: Pick<Keys, 'salt'>) {
  return { practitionerActiveKey: activePractitionerKey(search), partyKeys: partyKeys(search, keys) }
}

/** What the index holds of a Practitioner whose `active` is true. */
function activePractitionerKey(search: Pick<Search, 'parameter'>): bigint {
  return activeKey(search, 'Practitioner')
}

/** How the index says which roles a practitioner holds, and in which organizations. */
export function partyKeys(search: Pick<Search, 'parameter'>, keys: Pick<Keys, 'salt'>) {
  const salts = [keys.salt('practitioner', 'Practitioner'), keys.salt('organization', 'Organization')]
  return { salts: `{${salts.join(',')}}`, active: activeKey(search, 'PractitionerRole') }
}

function activeKey(search: Pick<Search, 'parameter'>, type: string): bigint {
  const clause = search.parameter(type, 'active', 'true')
  if (clause.op !== 'keys' || clause.any.length !== 1) throw new Error(`${type}?active=true is not one key.`)
  return clause.any[0]!
}
