import { randomBytes } from 'node:crypto'
import { createAccess } from '../../../src/access/create-access.ts'
import type { ImplicitPolicy } from '../../../src/access/implicit-policy.ts'
import { labelsOf } from '../../../src/access/labels.ts'
import type { Principal, Role } from '../../../src/access/principal.ts'
import { parseScopes } from '../../../src/access/scopes.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { createSearch } from '../../../src/search/create-search.ts'
import { createKeys, type Rid } from '../../../src/search/keys.ts'

export const base = 'https://example.org/fhir'
export const keys = createKeys(randomBytes(32))

/** The number of what a reference such as `Patient/1` names. */
export function ridOf(reference: string): Rid {
  const [type, id] = reference.split('/') as [string, string]
  return keys.ridOf(type, id)
}

const loaded = loadDefinitions().then((definitions) => {
  const search = createSearch({ definitions, keys, base, cursorSecret: randomBytes(32), labels: labelsOf })
  return { definitions, search }
})

/** Access on R4's own definitions. */
export async function buildAccess(implicitPolicy?: ImplicitPolicy) {
  const { definitions, search } = await loaded
  const policy = implicitPolicy && { implicitPolicy }
  return { access: createAccess({ definitions, search, keys, base, ...policy }), search, definitions }
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

/** Who acts for a patient, by the account of this RelatedPerson. */
export function proxy(id = 'me'): Principal {
  const person = { type: 'RelatedPerson', id, rid: keys.ridOf('RelatedPerson', id) } as const
  return { kind: 'person', roles: ['proxy'], person, clientId: 'app', scopes: parseScopes('user/*.cruds') }
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
