import type { Definitions } from '../definitions/definitions.ts'

/** References that access rules and SMART scopes speak of, whatever the type. */
const references = new Set([
  'actor',
  'agent',
  'author',
  'care-manager',
  'consentor',
  'custodian',
  'data',
  'encounter',
  'entity',
  'focus',
  'general-practitioner',
  'organization',
  'owner',
  'participant',
  'patient',
  'performer',
  'practitioner',
  'recipient',
  'requester',
  'sender',
  'source',
  'subject',
  'target',
])

/** Codes that granular scopes and rules speak of. */
const tokens = new Set([
  '_security',
  '_tag',
  'action',
  'active',
  'category',
  'class',
  'clinical-status',
  'code',
  'intent',
  'purpose',
  'scope',
  'security-label',
  'status',
  'type',
  'verification-status',
])

/**
 * Which parameters' keys a version keeps in `akeys`, so that reads, vreads and history are judged by the version's own row:
 * every reference that puts a resource into the compartment of a person, the references and codes above, and no more.
 *
 * `extract` and `match` both ask here. A clause on any other parameter is never true of a version (sql/judgeable.ts).
 */
export function createJudged(definitions: Definitions): (type: string, code: string) => boolean {
  return (type, code) => {
    if (tokens.has(code) || references.has(code)) return true
    const compartments = ['Patient', 'Practitioner', 'RelatedPerson'] as const
    return compartments.some((compartment) => definitions.compartmentParameters(compartment, type).includes(code))
  }
}
