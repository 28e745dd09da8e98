import { consentRules } from '../access/consent-rules.ts'
import { permitsFor } from '../access/decide.ts'
import type { Facts } from '../access/facts.ts'
import { forbidsSharing } from '../access/obligations.ts'
import type { Context, Principal } from '../access/principal.ts'
import { purposes } from '../access/purposes.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'

/**
 * Until when (epoch ms) the caller may pass on a document that he may read: without end what he wrote, what is about
 * himself, and anything for the office; else as long as a grant lasts that does not forbid it. Undefined: not at all.
 */
export async function mayShareUntil(
  document: Resource,
  { principal, now }: Context,
  work: Pick<Work, 'find'>,
  { base, factsOf }: { base: string; factsOf: (resource: Resource) => Facts },
): Promise<number | undefined> {
  const subject = localReference((document['subject'] as Reference | undefined)?.reference ?? '', base)
  if (isOffice(principal) || isAuthor(document, principal, base)) return Infinity
  const { person } = principal
  if (!person || subject?.type !== 'Patient') return undefined
  if (person.type === 'Patient') return person.id === subject.id ? Infinity : undefined
  const consents = await work.find(
    'Consent',
    `actor=${person.type}/${encodeURIComponent(person.id)}&patient=${encodeURIComponent(subject.id)}&status=active`,
  )
  const asker = { name: `${person.type}/${person.id}`, parties: [], purposes: purposes.treatment }
  const rules = consents.map((consent) => consentRules(consent, base))
  const ends = permitsFor(asker, factsOf(document), rules, now.getTime())
    .filter(({ actors, obligations }) => actors !== 'everybody' && (obligations & forbidsSharing) === 0)
    .map(({ ends: until }) => until)
  return ends.length === 0 ? undefined : Math.max(...ends)
}

export function isAuthor(document: Resource, { person }: Principal, base: string): boolean {
  const authors = (document['author'] ?? []) as Reference[]
  return authors.some(({ reference }) => {
    const author = localReference(reference ?? '', base)
    return person !== undefined && author?.type === person.type && author.id === person.id
  })
}

export function isOffice({ roles }: Principal): boolean {
  return roles.includes('admin') || roles.includes('records-office')
}
