import { Readable } from 'node:stream'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys, Rid } from '../search/keys.ts'
import type { Attached, Attachments, Transaction } from '../store/store.ts'
import type { SavedObject } from '../store/stored-object.ts'
import type { Body } from './interaction.ts'
import type { Proposal } from './proposal.ts'

/** How the bytes that were stored are tied to the Binaries that are written. */
export interface Attach {
  /** First in the transaction, so that the rules of what refers to the Binaries find them. */
  within(tx: Transaction, proposals: readonly Proposal[]): Promise<void>
  /** For a new Binary that is written alone and that nothing owns: its statement ties its bytes as well. */
  alone(proposals: readonly Proposal[]): Attached | undefined
}

/** Whether resources of the type have bytes beside their JSON. */
export function hasBytes(type: string): boolean {
  return type === 'Binary'
}

export type BinaryBytes = ReturnType<typeof createBinaryBytes>

/**
 * The bytes of Binaries: the object first, the row second in the transaction, so that there is never a row without bytes.
 * What a failed write leaves is discarded at once (and by the sweep, should the server die in between).
 *
 * https://hl7.org/fhir/R4/binary.html
 */
export function createBinaryBytes({
  attachments,
  keys,
  limit,
}: {
  attachments: Attachments
  keys: Keys
  limit: number
}) {
  /**
   * Runs a write of one body. For a Binary its bytes are stored first, the body becomes the resource without data, and
   * `attach` ties the two in the transaction.
   */
  async function around<T>(
    context: Context,
    type: string,
    body: Body,
    write: (json: Body, attach: Attach | undefined) => Promise<T>,
  ): Promise<T> {
    if (type !== 'Binary') return write(body, undefined)
    const { resource, stream } = split(body)
    const object = await attachments.save(stream, { limit, signal: context.signal })
    try {
      const json: Body = { kind: 'json', value: resource, contentType: 'application/fhir+json' }
      return await write(json, {
        within: (tx, [proposal]) => tie(context, tx, proposal!, resource, object),
        alone: ([proposal]) =>
          proposal!.kind === 'create' && resource['securityContext'] === undefined
            ? attachedOf(context, resource, object)
            : undefined,
      })
    } catch (error) {
      await discardRefused(error, [object])
      throw error
    }
  }

  /**
   * Only of a refusal is it certain that no row was kept: when the connection broke in the commit, the row may be there.
   * What is left goes with the sweep.
   */
  async function discardRefused(error: unknown, objects: readonly SavedObject[]): Promise<void> {
    if (!(error instanceof FhirError) || error.status >= 500) return
    await Promise.allSettled(objects.map((object) => attachments.discard(object)))
  }

  /** As `around` for the Binaries among a transaction's resources; data is taken out of each. */
  async function aroundMany<T>(
    context: Context,
    resources: readonly (Resource | undefined)[],
    write: (without: (Resource | undefined)[], attach: Attach | undefined) => Promise<T>,
  ): Promise<T> {
    const saved = new Map<number, { resource: Resource; object: SavedObject }>()
    try {
      for (const [n, resource] of resources.entries()) {
        if (resource?.resourceType !== 'Binary') continue
        const parts = split({ kind: 'json', value: resource, contentType: 'application/fhir+json' })
        const object = await attachments.save(parts.stream, { limit, signal: context.signal })
        saved.set(n, { resource: parts.resource, object })
      }
      const without = resources.map((resource, n) => saved.get(n)?.resource ?? resource)
      if (saved.size === 0) return await write(without, undefined)
      return await write(without, {
        async within(tx, proposals) {
          for (const [n, { resource, object }] of saved) await tie(context, tx, proposals[n]!, resource, object)
        },
        alone: () => undefined,
      })
    } catch (error) {
      await discardRefused(
        error,
        [...saved.values()].map(({ object }) => object),
      )
      throw error
    }
  }

  async function tie(context: Context, tx: Transaction, proposal: Proposal, resource: Resource, object: SavedObject) {
    const version = proposal.expectedVersion + 1
    const { contentType, uploader } = attachedOf(context, resource, object)
    await attachments.attach(tx, { rid: proposal.rid, version, contentType, uploader }, object)
    const { reference } = (resource['securityContext'] ?? {}) as { reference?: unknown }
    const owner = localReference(typeof reference === 'string' ? reference : '', context.base)
    if (!owner) return
    if (version > 1) {
      const text = 'The owner of a Binary is named when it is created, or by the document that refers to it.'
      throw new FhirError('unprocessable', text, { expression: 'Binary.securityContext' })
    }
    const owned = await attachments.own(tx, proposal.rid, { type: owner.type, rid: keys.ridOf(owner.type, owner.id) })
    if (!owned)
      throw new FhirError('conflict', 'Another resource owns this Binary.', { expression: 'Binary.securityContext' })
  }

  function attachedOf(context: Context, resource: Resource, object: SavedObject): Attached {
    return { contentType: String(resource['contentType']), uploader: uploaderOf(context), object }
  }

  function uploaderOf({ principal }: Context): Rid {
    return principal.person?.rid ?? keys.key('client', principal.clientId)
  }

  return { around, aroundMany, uploaderOf }
}

function split(body: Body): { resource: Resource; stream: Readable } {
  if (body.kind === 'none')
    throw new FhirError('malformed', 'The request has no body; it needs the bytes of the Binary.')
  if (body.kind === 'bytes') {
    const { contentType, stream, securityContext } = body
    const owner = securityContext === undefined ? {} : { securityContext: { reference: securityContext } }
    return { resource: { resourceType: 'Binary', contentType, ...owner }, stream }
  }
  const { data, ...resource } = body.value as Resource
  if (resource.resourceType !== 'Binary') return { resource, stream: Readable.from([]) }
  if (data !== undefined && !isBase64(data)) {
    throw new FhirError('invalid', 'The data of a Binary is base64.', { expression: 'Binary.data' })
  }
  return { resource, stream: Readable.from([Buffer.from((data as string | undefined) ?? '', 'base64')]) }
}

function isBase64(data: unknown): data is string {
  if (typeof data !== 'string') return false
  // Whitespace goes first: an expression that allows it in two places takes ages over a value that is made for it.
  const compact = data.replace(/\s+/g, '')
  return compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)
}
