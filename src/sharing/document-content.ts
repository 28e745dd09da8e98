import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { numberOf } from '../fhir/json.ts'
import { localReference } from '../fhir/reference.ts'
import { unknownReference } from '../interactions/check-references.ts'
import type { Change, Work } from '../interactions/rule.ts'
import type { Keys, Rid } from '../search/keys.ts'
import type { Attachments } from '../store/store.ts'
import type { StoredObject } from '../store/stored-object.ts'

/** https://hl7.org/fhir/R4/datatypes.html#Attachment */
export interface Attachment {
  contentType?: string
  data?: string
  url?: string
  size?: unknown
  hash?: string
  creation?: string
  [element: string]: unknown
}

interface Parts {
  attachments: Pick<Attachments, 'save' | 'attach' | 'find' | 'own' | 'discard'>
  keys: Pick<Keys, 'key'>
  base: string
  /** Bytes of one attachment at most. */
  limit: number
}

export type Content = ReturnType<typeof createContent>

/**
 * The bytes of a document: before the write inline data becomes a Binary and local Binaries are looked up; with it they get their
 * owner, for good.
 */
export function createContent({ attachments, keys, base, limit }: Parts) {
  /** The attachment as it is stored, below `place`. */
  async function kept(attachment: Attachment, place: string, change: Change, work: Work): Promise<Attachment> {
    if (attachment.data !== undefined) return moved(attachment, attachment.data, place, change, work)
    const target = localReference(attachment.url ?? '', base)
    if (target?.type !== 'Binary') return attachment
    const known = storedAttachments(change).find(({ url }) => url === attachment.url)
    if (!known) return linked(attachment, target, place, change, work)
    const { contentType, size, hash } = known
    refuseOther(attachment, { size: numberOf(size)!, sha1: hash! }, place)
    return { contentType, ...attachment, size, hash }
  }

  /** What the stored version links already was looked up then. */
  function storedAttachments({ before }: Change): Attachment[] {
    const content = (before?.['content'] ?? []) as { attachment?: Attachment }[]
    return content
      .flatMap(({ attachment }) => (attachment ? [attachment] : []))
      .filter(({ size, hash }) => size !== undefined && hash)
  }

  async function moved(attachment: Attachment, data: string, place: string, change: Change, work: Work) {
    const { contentType } = attachment
    if (contentType === undefined) {
      throw new FhirError('invalid', 'If the Attachment has data, it SHALL have a contentType.', { expression: place })
    }
    if (attachment.url !== undefined) {
      throw new FhirError('unprocessable', 'An attachment has data or an url, not both.', {
        expression: `${place}.url`,
      })
    }
    const bytes = Buffer.from(data, 'base64')
    refuseOther(attachment, { size: bytes.length, sha1: createHash('sha1').update(bytes).digest('base64') }, place)
    const owner = `${change.identity.type}/${change.identity.id}`
    const object = await stored({ bytes, contentType, owner }, change.context, work)
    work.take(change.identity, { rid: object.rid, version: 1 })
    return described(attachment, object.url, object, change.context.now)
  }

  /** A new Binary with these bytes, not owned yet. An object whose transaction fails has no row and goes with the sweep. */
  async function stored(
    { bytes, contentType, owner }: { bytes: Buffer; contentType: string; owner?: string },
    { principal, signal }: Pick<Context, 'principal' | 'signal'>,
    work: Work,
  ) {
    const object = await attachments.save(Readable.from([bytes]), { limit, signal })
    try {
      const security = owner === undefined ? {} : { securityContext: { reference: owner } }
      const binary = await work.create({ resourceType: 'Binary', contentType, ...security })
      const rid = work.ridOf('Binary', binary.id!)
      const uploader = principal.person?.rid ?? keys.key('client', principal.clientId)
      await attachments.attach(work.tx, { rid, version: 1, contentType, uploader }, object)
      return { ...object, rid, contentType, url: `Binary/${binary.id}` }
    } catch (error) {
      await attachments.discard(object)
      throw error
    }
  }

  async function linked(
    attachment: Attachment,
    { id, version }: { id: string; version?: string },
    place: string,
    { context, identity }: Change,
    work: Work,
  ): Promise<Attachment> {
    const expression = `${place}.url`
    const seen = await work.see('Binary', id)
    if (!seen && !(await work.maySee('Binary', id))) {
      if (context.principal.roles.includes('admin')) return attachment
      throw unknownReference(`Binary/${id}`, expression)
    }
    if (version !== undefined) {
      const text = 'A document refers to a Binary without its version: linked, it has no other.'
      throw new FhirError('unprocessable', text, { expression })
    }
    const rid = work.ridOf('Binary', id)
    const object = seen ? seen.object : await attachments.find(rid, undefined, work.tx)
    if (!object) throw unknownReference(`Binary/${id}`, expression)
    if (object.owner && object.owner.rid !== identity.rid) throw ownedByAnother(id, expression)
    refuseOther(attachment, object, place)
    if (!work.take(identity, { rid, version: seen?.version })) throw ownedByAnother(id, expression)
    return described(attachment, `Binary/${id}`, object, context.now)
  }

  /** For what is written by no interaction, whose Binaries `take` would give it. */
  async function owned(binary: Rid, owner: Pick<Change['identity'], 'type' | 'rid'>, { tx }: Work): Promise<void> {
    if (!(await attachments.own(tx, binary, owner))) throw new Error('A Binary of this transaction has an owner.')
  }

  return { kept, owned, stored }
}

function ownedByAnother(id: string, expression: string): FhirError {
  return new FhirError('conflict', `Binary/${id} belongs to another document.`, { expression })
}

/** "Client-given size or hash that differ": what was meant to arrive did not. */
function refuseOther({ size, hash }: Attachment, stored: { size: number; sha1: string }, place: string): void {
  if (size !== undefined && numberOf(size) !== stored.size) {
    const text = `The attachment has ${stored.size} bytes, not ${String(numberOf(size))}.`
    throw new FhirError('unprocessable', text, { expression: `${place}.size` })
  }
  if (hash !== undefined && hash !== stored.sha1) {
    throw new FhirError('unprocessable', `The SHA-1 of the attachment is ${stored.sha1}.`, {
      expression: `${place}.hash`,
    })
  }
}

function described(
  { data: _data, contentType, url: _url, ...rest }: Attachment,
  url: string,
  object: Pick<StoredObject, 'contentType' | 'size' | 'sha1'>,
  now: Date,
): Attachment {
  return {
    contentType: contentType ?? object.contentType,
    creation: now.toISOString(),
    ...rest,
    url,
    size: object.size,
    hash: object.sha1,
  }
}
