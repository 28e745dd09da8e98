import type { Found } from './fhirpath-values.ts'
import { tokenMatches } from './token-rules.ts'

interface Reference {
  readonly reference?: string
  readonly identifier?: { readonly system?: string; readonly value?: string }
}

/** What a stored reference says: `Patient/1` when it leads to this server, else the URL as it stands. */
export function targetOf({ type, value }: Found, base: string): string | undefined {
  if (typeof value === 'string') return withoutBase(value, base)
  const { resourceType, id } = value as { resourceType?: string; id?: string }
  if (type !== 'Reference' && resourceType !== undefined) return id && `${resourceType}/${id}`
  const { reference } = value as Reference
  return reference === undefined || reference.startsWith('#') ? undefined : withoutBase(reference, base)
}

function withoutBase(url: string, base: string): string {
  const local = url.startsWith(`${base}/`) ? url.slice(base.length + 1) : url
  return /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]+\/_history\//.test(local) ? local.split('/_history/')[0]! : local
}

interface Asked {
  readonly modifier: string | undefined
  /** The types that the parameter leads to, one of which a bare id means. */
  readonly targets: readonly string[] | undefined
  readonly base: string
}

/** `[id]`, `[type]/[id]` or `[url]`; a canonical one is also found without its version. */
export function referenceMatches(query: string, found: Found, { modifier, targets, base }: Asked): boolean {
  if (modifier === 'identifier') {
    const { identifier } = found.value as Reference
    if (!identifier) return false
    return tokenMatches(query, { system: identifier.system, code: identifier.value, isExact: true })
  }
  const target = targetOf(found, base)
  if (target === undefined) return false
  const asked = withoutBase(query, base)
  const bareId = /^[A-Za-z0-9\-.]{1,64}$/.test(asked)
  const [type, id, ...others] = target.split('/')
  const isLocal = others.length === 0 && /^[A-Z][A-Za-z]+$/.test(type!) && id !== undefined
  if (bareId && isLocal)
    return id === asked && (modifier === undefined ? (targets?.includes(type!) ?? true) : modifier === type)
  if (modifier !== undefined && modifier !== type) return false
  return target === asked || target.split('|')[0] === asked
}
