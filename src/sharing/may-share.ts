import { labelsOf } from '../access/labels.ts'
import type { Context, Principal } from '../access/principal.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import { compileGrants, obligationBits } from './compile-grants.ts'

/**
 * Until when (epoch ms) the caller may pass on a document that he may read: without end what he wrote, what is about
 * himself, and anything for the office; else as long as a grant lasts that does not forbid it. Undefined: not at all.
 */
export async function mayShareUntil(
  document: Resource,
  { principal, now }: Context,
  work: Pick<Work, 'find' | 'ridOf'>,
  base: string,
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
  const target = work.ridOf('DocumentReference', document.id!)
  const ends = consents
    .flatMap((consent) => compileGrants(consent, { ridOf: work.ridOf, base }))
    .filter(({ grantee, effect, obligations }) => {
      const permits = effect === 'permit' && (obligations & obligationBits['no-reshare']!) === 0
      return permits && grantee === person.rid
    })
    .filter(({ type, rid, labels }) => {
      const covers = rid === 0n || (type === 'DocumentReference' && rid === target)
      return covers && (labelsOf(document) & ~labels) === 0
    })
    .filter(({ starts, ends: until }) => starts <= now.getTime() && now.getTime() < until)
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
