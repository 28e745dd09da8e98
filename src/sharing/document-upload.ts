import { randomUUID } from 'node:crypto'
import type { Principal } from '../access/principal.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import type { Attachment, Content } from './document-content.ts'
import { isImport } from './import.ts'

type DocumentContent = { attachment?: Attachment; [element: string]: unknown }

/**
 * What the server adds to a document: who wrote it, when, under which identifier, and where its bytes are. Bytes that come
 * inline are moved to the attachment store.
 *
 * https://hl7.org/fhir/R4/documentreference.html
 */
export function documentUpload({ content }: { content: Content }): Rule {
  return { type: 'DocumentReference', before }

  async function before(change: Change, work: Work): Promise<Resource | undefined> {
    if (!change.after) return undefined
    const stored: DocumentContent[] = []
    for (const [n, one] of contentOf(change.after).entries()) {
      const attachment = one.attachment && (await content.kept(one.attachment, placeOf(n), change, work))
      stored.push({ ...one, ...(attachment ? { attachment } : {}) })
    }
    const said = isImport(change) ? change.after : described(change, change.after)
    return { ...said, ...(stored.length === 0 ? {} : { content: stored }) }
  }
}

function contentOf(document: Resource | undefined): DocumentContent[] {
  return (document?.['content'] ?? []) as DocumentContent[]
}

function placeOf(n: number): string {
  return `DocumentReference.content[${n}].attachment`
}

/** What was said stands; what was not is what the stored version says, or else what the server knows. */
function described({ context, kind, before }: Change, after: Resource): Resource {
  const from = kind === 'create' ? known(context.principal, after, context.now) : before
  const added: Record<string, unknown> = {}
  for (const element of ['masterIdentifier', 'subject', 'date', 'author']) {
    if (after[element] === undefined && from?.[element] !== undefined) added[element] = from[element]
  }
  const author =
    kind === 'create' ? authorsWith(context.principal, after['author'] as Reference[] | undefined) : undefined
  return { ...after, ...added, ...(author ? { author } : {}) }
}

function known({ person }: Principal, after: Resource, now: Date): Record<string, unknown> {
  return {
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` },
    date: now.toISOString(),
    ...(person ? { author: [{ reference: `${person.type}/${person.id}` }] } : {}),
    ...(person?.type === 'Patient' && after['subject'] === undefined
      ? { subject: { reference: `Patient/${person.id}` } }
      : {}),
  }
}

/** An organization or a device alone does not sign: who sends the document is its author as well. */
function authorsWith({ person, roles }: Principal, given: Reference[] | undefined): Reference[] | undefined {
  if (!given || !person || roles.includes('admin')) return undefined
  const people = given.some(({ reference, type }) => !/^(Organization|Device)\b/.test(reference ?? type ?? ''))
  return people ? undefined : [{ reference: `${person.type}/${person.id}` }, ...given]
}
