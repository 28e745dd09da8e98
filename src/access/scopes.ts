/**
 * The grammar of SMART's resource scopes: `patient/Observation.rs?category=laboratory` (v2) and `user/*.read` (v1).
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
 */
import type { Scope } from './principal.ts'

const version1 = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]+)\.(read|write|\*)$/
/** "The order of the suffixes matters": `rs` is a scope, `sr` is none. */
const version2 = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]+)\.(?=[cruds])(c?r?u?d?s?)(?:\?(.+))?$/
const version1Actions = { read: 'rs', write: 'cud', '*': 'cruds' } as const

/** One scope; undefined for what is no resource scope, such as `openid` or a misspelt one. */
export function parseScope(text: string): Scope | undefined {
  const old = version1.exec(text)
  if (old) {
    const actions = version1Actions[old[3] as keyof typeof version1Actions]
    return { level: old[1] as Scope['level'], type: old[2]!, actions }
  }
  const match = version2.exec(text)
  if (!match) return undefined
  const scope = { level: match[1] as Scope['level'], type: match[2]!, actions: match[3]! }
  if (match[4] === undefined) return scope
  const query = [...new URLSearchParams(match[4])]
  return query.some(([name]) => name === '') ? undefined : { ...scope, query }
}

/** The resource scopes in a space-separated list; what is none is left out. */
export function parseScopes(text: string): Scope[] {
  return text.split(' ').flatMap((one) => parseScope(one) ?? [])
}

/** Whether a text wants to be a resource scope: one that `parseScope` does not know is misspelt, and no other extension's. */
export function looksLikeScope(text: string): boolean {
  return /^(patient|user|system)\//.test(text)
}

/** Whether all that `narrow` allows is allowed by `wide` as well. A granular scope is covered by its type's, or by one with fewer conditions. */
export function covers(wide: readonly Scope[], narrow: Scope): boolean {
  const candidates = wide.filter(
    ({ level, type, query = [] }) =>
      level === narrow.level && (type === '*' || type === narrow.type) && query.every((one) => has(narrow, one)),
  )
  return [...narrow.actions].every((action) => candidates.some(({ actions }) => actions.includes(action)))
}

function has({ query = [] }: Scope, [name, value]: readonly [string, string]): boolean {
  return query.some((condition) => condition[0] === name && condition[1] === value)
}
