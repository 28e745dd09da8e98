/**
 * What an administrator decides about a client: `approval` and `scope` are his; all else is the client's.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#scopes
 */
import { BodyError } from '../read-body.ts'
import type { ClientMetadata } from './client-rows.ts'
import { type Approval, approvals } from './clients.ts'
import type { GrantableScopes } from './grantable-scopes.ts'

interface Decision {
  /** Of the metadata that he looked at. Who only takes something away need not have looked. */
  readonly version: string | undefined
  readonly payload: ClientMetadata
}

const members = ['approval', 'scope', 'version']

export function readDecision(
  stored: ClientMetadata,
  given: Record<string, unknown>,
  grantableScopes: GrantableScopes,
): Decision {
  const unknown = Object.keys(given).find((name) => !members.includes(name))
  if (unknown !== undefined) throw new BodyError(400, `Only ${members.join(', ')} can be given, not ${unknown}.`)
  const { approval, scope, version } = given
  if (approval !== undefined && !approvals.includes(approval as Approval)) {
    throw new BodyError(400, `approval is one of ${approvals.join(', ')}.`)
  }
  if (scope !== undefined && typeof scope !== 'string') throw new BodyError(400, 'scope is a text.')
  if (version !== undefined && typeof version !== 'string') throw new BodyError(400, 'version is a text.')
  if (version === undefined && (approval === 'granted' || scope !== undefined)) {
    throw new BodyError(400, 'Name the version that you looked at: version.')
  }
  const backend = isBackend(stored)
  if (scope !== undefined) refuseUngrantable(scope, backend, grantableScopes)
  const payload = {
    ...stored,
    ...(approval === undefined ? {} : { approval: approval as Approval }),
    ...(approval === 'granted' || stored.approval === 'granted'
      ? { approved_at: stored.approved_at ?? Math.floor(Date.now() / 1000) }
      : {}),
    ...(scope === undefined ? {} : { smart_scope: scope }),
  }
  if (payload.approval === 'granted') refuseUnnamed(payload)
  return { version, payload }
}

export function isBackend({ grant_types: grants }: { grant_types?: unknown }): boolean {
  return Array.isArray(grants) && grants.includes('client_credentials')
}

/** Nobody is there to ask when a backend service takes its scopes: an administrator has named them. */
export function refuseUnnamed(client: { grant_types?: unknown; smart_scope?: unknown }): void {
  if (isBackend(client) && client.smart_scope === undefined) {
    throw new BodyError(400, 'Name the system scopes that this client is granted: scope.')
  }
}

/** A slip of the pen must not look like a permission that was given. */
function refuseUngrantable(scope: string, backend: boolean, grantableScopes: GrantableScopes): void {
  const asked = scope.split(' ').filter(Boolean)
  const itself = { smart_scope: scope }
  const known = new Set([
    ...grantableScopes(scope, itself, false),
    ...(backend ? grantableScopes(scope, itself, true) : []),
  ])
  const wrong = asked.find((text) => !known.has(text))
  if (wrong !== undefined) throw new BodyError(400, `"${wrong}" is no scope that this client could be granted.`)
}
