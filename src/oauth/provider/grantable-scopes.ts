/**
 * Which of the scopes that an app asks for it can be granted at all: what is no scope, what it did not register and what
 * belongs to the other kind of client is left out, as OAuth allows.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
 */
import type { Scope } from '../../access/principal.ts'
import { covers, looksLikeScope, parseScope, parseScopes } from '../../access/scopes.ts'
import type { SmartClient } from './clients.ts'

/** The scopes that are no permission on resources. They are registered with oidc-provider, which knows no others. */
export const fixedScopes: readonly string[] = [
  'openid',
  'fhirUser',
  'profile',
  'launch',
  'launch/patient',
  'launch/encounter',
  'offline_access',
  'online_access',
]

export type GrantableScopes = ReturnType<typeof createGrantableScopes>

/**
 * `isUsable`: whether resource type and search parameters of a scope exist here. What a backend service may have, an
 * administrator has named: where nothing is registered, an app may ask a person for anything, and a service gets nothing.
 */
export function createGrantableScopes({ isUsable }: { isUsable: (scope: Scope) => boolean }) {
  return function grantableScopes(
    asked: string | undefined,
    client: Pick<SmartClient, 'smart_scope'>,
    system: boolean,
  ): string[] {
    const registered = client.smart_scope === undefined && !system ? undefined : parseScopes(client.smart_scope ?? '')
    const registeredFixed = client.smart_scope?.split(' ')
    return [...new Set((asked ?? '').split(' '))].filter((text) => {
      if (fixedScopes.includes(text)) return !system && (registeredFixed?.includes(text) ?? true)
      const scope = parseScope(text)
      if (!scope || (scope.level === 'system') !== system || !isUsable(scope)) return false
      return registered === undefined || covers(registered, scope)
    })
  }
}

/** More than every type at every level is no app's need; each is judged on every request. */
const mostScopes = 250

/**
 * What is wrong with a request for scopes, in the characters that RFC 6749 allows; undefined: nothing. A scope of another
 * extension, or for a type that is not known here, is left out and no mistake; a misspelt one is, as is one by a parameter
 * that cannot narrow: the app would get more or less than it believes.
 */
export function createScopeProblem({ isUsable }: { isUsable: (scope: Scope) => boolean }) {
  return function scopeProblem(asked: string | undefined): string | undefined {
    const texts = (asked ?? '').split(' ').filter(Boolean)
    if (texts.length > mostScopes) return `more than ${mostScopes} scopes`
    for (const text of texts.filter(looksLikeScope)) {
      const scope = parseScope(text)
      if (!scope) return 'a scope is misspelt: it is written as patient/*.rs, user/*.cruds or patient/*.read'
      const { query: _query, ...whole } = scope
      if (isUsable(whole) && !isUsable(scope)) {
        return `the parameters of a scope for ${scope.type} cannot narrow it: use codes, references, _id, _tag or _security`
      }
    }
    return undefined
  }
}

/** Whether a patient in context is due: "any granted patient/ scope" needs one, asked for or not. */
export function needsPatient(scopes: readonly string[]): boolean {
  return scopes.includes('launch/patient') || scopes.some((scope) => parseScope(scope)?.level === 'patient')
}
