import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys } from '../search/keys.ts'
import type { Handle, StoredVersion } from '../store/store.ts'
import type { BinaryBytes } from './binary-bytes.ts'
import { resourceOf } from './body.ts'
import type { Commit, CommitOptions } from './commit.ts'
import { answerOf } from './create.ts'
import type { Answered, Body, Interaction, Versions } from './interaction.ts'
import { type Proposal, StaleVersion } from './proposal.ts'
import { notFound, readTargets } from './visible-rows.ts'

interface Parts {
  access: Access
  keys: Keys
  commit: Commit
  bytes: BinaryBytes
}

const attempts = 5

/**
 * update: a whole new version. `If-Match` makes it conditional on the current one; without it a lost race is run again on
 * the newer version. An unknown id is created only for those who may choose ids: a write is no oracle.
 *
 * https://hl7.org/fhir/R4/http.html#update
 */
export function createUpdate({ access, keys, commit, bytes }: Parts) {
  return async function update(
    context: Context,
    handle: Handle,
    interaction: Extract<Interaction, { kind: 'update' }>,
    body: Body,
  ): Promise<Answered> {
    const { type, id, ifMatch } = interaction
    if (type === 'Binary') await refuseBeforeBytes(context, handle, type, id)
    return bytes.around(context, type, body, (json, attach) => {
      const after = withId(resourceOf(json, type), type, id, body.kind === 'bytes')
      return retried(ifMatch, () => once(context, handle, interaction, after, attach ? { attach } : {}))
    })
  }

  /** Nothing is streamed into the store for somebody who may not put it there. */
  async function refuseBeforeBytes(context: Context, handle: Handle, type: string, id: string): Promise<void> {
    const stored = (await readTargets(access, context, handle, [{ type, id }], 'update')).get(`${type}/${id}`)
    if ((!stored || stored.deleted) && !access.mayChooseId(context.principal, type)) throw notFound(type, id)
  }

  async function once(
    context: Context,
    handle: Handle,
    { type, id, ifMatch, ifNoneMatch }: Extract<Interaction, { kind: 'update' }>,
    after: Resource,
    options: CommitOptions,
  ): Promise<Answered> {
    const stored = (await readTargets(access, context, handle, [{ type, id }], 'update')).get(`${type}/${id}`)
    const proposal = updateProposal(
      access,
      keys,
      context,
      { type, id, ifMatch, ifNoneMatch, after, place: type },
      stored,
    )
    const [done] = await commit(context, handle, [proposal], options)
    return { answer: answerOf(done!, proposal.kind === 'create' ? 201 : 200) }
  }
}

interface Asked {
  type: string
  id: string
  ifMatch?: Versions | undefined
  /** Only what is not there may be written. */
  ifNoneMatch?: '*' | undefined
  after: Resource
  place: string
}

/** What an update means for what is stored: a new version, a revival, a create with the client's id, or a refusal. */
export function updateProposal(
  access: Access,
  keys: Keys,
  context: Context,
  { type, id, ifMatch, ifNoneMatch, after, place }: Asked,
  stored: StoredVersion | undefined,
): Proposal {
  const rid = stored?.rid ?? keys.ridOf(type, id)
  const patBefore = stored?.pat ?? null
  const common = { interaction: 'update', type, id, rid, after, place, patBefore } as const
  if (!stored || stored.deleted) {
    if (!access.mayChooseId(context.principal, type)) throw notFound(type, id)
    if (ifMatch !== undefined) throw staleMatch(type, id, ifMatch)
    if (!stored) return { ...common, kind: 'create', expectedVersion: 0, revive: false, before: undefined }
    return { ...common, kind: 'update', expectedVersion: stored.version, revive: true, before: undefined }
  }
  if (ifMatch && !isMet(ifMatch, stored.version)) throw staleMatch(type, id, ifMatch)
  if (ifNoneMatch) throw new FhirError('preconditionFailed', `${type}/${id} exists; If-None-Match says it must not.`)
  const before = parseJson(stored.json) as Resource
  return { ...common, kind: 'update', expectedVersion: stored.version, revive: false, before }
}

/** Whether the version, which is current, is one that `If-Match` names. */
export function isMet(ifMatch: Versions, version: number): boolean {
  return ifMatch.some((named) => named === '*' || named === version)
}

/** https://hl7.org/fhir/R4/http.html#concurrency */
export function staleMatch(type: string, id: string, ifMatch: Versions): FhirError {
  const text = ifMatch.includes('*')
    ? `${type}/${id} has no current version, and If-Match says that it must.`
    : `Version ${ifMatch.join(' or ')} of ${type}/${id} is not the current one: read it again.`
  return new FhirError('preconditionFailed', text)
}

/** Runs the work again when another writer was quicker, unless the client named the version that it meant. */
export async function retried<T>(ifMatch: Versions | undefined, once: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once()
    } catch (error) {
      if (!(error instanceof StaleVersion)) throw error
      const { type, id } = error.identities[0]!
      if (ifMatch && !ifMatch.includes('*')) throw staleMatch(type, id, ifMatch)
      if (attempt === attempts) {
        throw new FhirError('conflict', `${type}/${id} is being changed by others at this moment. Send it again.`)
      }
    }
  }
}

/** "The request body SHALL be a Resource with an id element that has an identical value to the [id] in the URL." */
export function withId(resource: Resource, type: string, id: string, raw = false, place = type): Resource {
  if (raw) return { ...resource, id }
  if (resource.id === undefined) {
    throw new FhirError('malformed', `The body needs the id "${id}" that the URL names.`, { expression: `${place}.id` })
  }
  if (resource.id !== id) {
    const text = `The URL names the id "${id}", the body "${resource.id}".`
    throw new FhirError('malformed', text, { expression: `${place}.id` })
  }
  return resource
}
