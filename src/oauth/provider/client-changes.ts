/**
 * Whether a client's update of its registration changes anything.
 *
 * https://www.rfc-editor.org/rfc/rfc7592#section-2.2
 */
import type Provider from 'oidc-provider'
import type { ClientMetadata } from './client-rows.ts'

type Metadata = Record<string, unknown>

/** What the server made, and what a client may leave out. */
const ours = [
  'client_id',
  'client_id_issued_at',
  'client_secret',
  'client_secret_expires_at',
  'approval',
  'approved_at',
  'changed_at',
]

export function isSameClient(provider: Provider, stored: ClientMetadata, given: Metadata): boolean {
  try {
    return comparable(provider, stored, stored) === comparable(provider, stored, given)
  } catch {
    // What does not hold is refused by the library, in its own words.
    return false
  }
}

/** With the library's defaults, so that a member that was left out is compared with what it means. */
function comparable(provider: Provider, stored: ClientMetadata, metadata: Metadata): string {
  const kept = Object.entries(metadata).filter(
    ([name, value]) => !ours.includes(name) && value !== null && value !== '',
  )
  const Client = provider.Client as unknown as new (metadata: Metadata) => { metadata(): Metadata }
  const identity = { client_id: stored.client_id, client_secret: stored.client_secret }
  const all = new Client({ ...Object.fromEntries(kept), ...identity }).metadata()
  const compared = Object.entries(all).filter(([name, value]) => !ours.includes(name) && value !== undefined)
  return JSON.stringify(sorted(Object.fromEntries(compared)))
}

/** The database keeps the members of an object in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
