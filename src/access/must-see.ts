import type { Definitions, FoundReference } from '../definitions/definitions.ts'
import { localReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'

/** The elements that tie a resource to a person, or give somebody access to what they name. */
const tying = new Set([
  'subject',
  'patient',
  'for',
  'focus',
  'beneficiary',
  'individual',
  'encounter',
  // Communication.payload.content[x]: locations are FHIRPaths.
  'content',
  'target',
  'actor',
  'securityContext',
])
const tyingTypes = new Set(['Patient', 'RelatedPerson', 'Encounter'])

/**
 * The references of a write that must name what the caller may read, so that no write tells what exists. Those that stand
 * in the stored version already are left: who may update a resource need not see its patient any more.
 */
export function mustSee(
  definitions: Pick<Definitions, 'references' | 'attachments'>,
  before: Resource | undefined,
  after: Resource,
  base: string,
): FoundReference[] {
  const known = new Set(before ? personReferences(definitions, before, base).map(nameOf) : [])
  return personReferences(definitions, after, base).filter((found) => !known.has(nameOf(found)))
}

function personReferences(
  definitions: Pick<Definitions, 'references' | 'attachments'>,
  resource: Resource,
  base: string,
): FoundReference[] {
  const references = definitions.references(resource).filter(({ path, reference }) => {
    const target = localReference(reference.reference ?? '', base)
    return target !== undefined && (tying.has(lastElement(path)) || tyingTypes.has(target.type) || isConsentPart(path))
  })
  const binaries = definitions.attachments(resource).flatMap(({ path, attachment }) => {
    const target = localReference(attachment.url ?? '', base)
    if (target?.type !== 'Binary') return []
    return [{ path: `${path}.url`, reference: { reference: `Binary/${target.id}` }, targets: ['Binary'] }]
  })
  return [...references, ...binaries]
}

/** `DocumentReference.context.encounter[0]` ends in `encounter`. */
function lastElement(path: string): string {
  return path
    .replace(/\[\d+\]/g, '')
    .split('.')
    .at(-1)!
}

function isConsentPart(path: string): boolean {
  return /^Consent\..*(actor|data)(\[\d+\])?\.reference$/.test(path)
}

function nameOf({ reference }: FoundReference): string {
  return reference.reference ?? ''
}
