import type { Definitions } from '../definitions/definitions.ts'

/**
 * The references of the Practitioner compartment by which a resource is somebody's work. Left out are those that only
 * address or mention a person (recipient, subject, payee, care-team), and `authenticator`: whoever signs a document that
 * another wrote does not become one who may read it.
 */
const byAuthorship = new Set([
  'actor',
  'assessor',
  'asserter',
  'attester',
  'author',
  'collector',
  'enterer',
  'operator',
  'participant',
  'performer',
  'performer-actor',
  'practitioner',
  'prescriber',
  'principalinvestigator',
  'provider',
  'recorder',
  'requester',
  'requestor',
  'responsible',
  'sender',
  'source',
  'supplier',
])

/** The search parameters of a type that name who made it, e.g. `author` of a DocumentReference. */
export function authorship(definitions: Pick<Definitions, 'compartmentParameters'>, type: string): readonly string[] {
  return definitions.compartmentParameters('Practitioner', type).filter((code) => byAuthorship.has(code))
}
