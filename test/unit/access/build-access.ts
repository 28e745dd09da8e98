import { randomBytes } from 'node:crypto'
import { createAccess } from '../../../src/access/create-access.ts'
import { labelsOf } from '../../../src/access/labels.ts'
import type { Principal, Role } from '../../../src/access/principal.ts'
import { parseScopes } from '../../../src/access/scopes.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { createSearch } from '../../../src/search/create-search.ts'
import { createKeys } from '../../../src/search/keys.ts'

export const base = 'https://example.org/fhir'
export const keys = createKeys(randomBytes(32))

/** Access on R4's own definitions. */
export async function buildAccess() {
  const definitions = await loadDefinitions()
  const search = createSearch({ definitions, keys, base, cursorSecret: randomBytes(32), labels: labelsOf })
  return { access: createAccess({ definitions, search, keys, base }), search, definitions }
}

/** Somebody with a role, as `Practitioner/me` or `Patient/me`. */
export function someone(
  roles: readonly Role[],
  scope = 'user/*.cruds',
  type: 'Practitioner' | 'Patient' = 'Practitioner',
): Principal {
  const person = { type, id: 'me', rid: keys.ridOf(type, 'me') }
  return { kind: 'person', roles, person, clientId: 'app', scopes: parseScopes(scope) }
}

export const doctor = (scope?: string) => someone(['practitioner'], scope)
export const patient = (scope?: string) => someone(['patient'], scope, 'Patient')
export const administrator = (scope?: string) => someone(['admin', 'records-office', 'privacy-officer'], scope)
export const backend = (scope = 'system/*.cruds'): Principal => ({
  kind: 'system',
  roles: [],
  clientId: 'backend',
  scopes: parseScopes(scope),
})
